import { describe, expect, it } from 'vitest';
import { DOCUMENT_LENGTH_MAX, humanReport } from '#cli/contract/report/human-report';
import { COMPARISON, change, EXAMPLE, judged, PLAIN_HOST } from '#test/cli/judgement-bed';

describe('humanReport()', () => {
  it('shows breaking changes first, their places, the counter-example and the right version', async () => {
    const answer = { comparisons: [COMPARISON], want: 'v4', level: 'major', mode: 'BACKWARD' };
    expect(humanReport([await judged(answer)], PLAIN_HOST)).toBe(
      [
        'a.b refused, level major, mode BACKWARD',
        '  Compared with v3',
        '    BREAKING  type-changed                 /properties/size/type',
        '              Message of type-changed',
        '    feature   property-added               (nothing) -> /properties/colour',
        '              Message of property-added',
        '    change    annotation-changed',
        '              Message of annotation-changed',
        '    and 7 more',
        '  Valid under v3, refused by the candidate: /size must be string',
        '    {',
        '      "size": 5',
        '    }',
        '  Right version: v4',
        '',
      ].join('\n'),
    );
  });

  it('shows the direction that the mode asks for, and why one is not proved', async () => {
    const forward = { kind: 'unknown', reason: 'too many steps' };
    const both = { ...COMPARISON, forward };
    const text = async (mode: string) =>
      humanReport([await judged({ comparisons: [both], mode })], PLAIN_HOST);
    expect(await text('BACKWARD')).not.toContain('too many steps');
    expect(await text('FORWARD')).toContain('Not proved forward: too many steps');
    expect(await text('FORWARD')).not.toContain('refused by the candidate');
    expect(await text('FULL_TRANSITIVE')).toMatch(/Valid under v3[^]*Not proved forward/);
  });

  it('cuts a long counter-example off and says how long it is', async () => {
    const counterExample = { ...EXAMPLE, document: 'x'.repeat(DOCUMENT_LENGTH_MAX) };
    const backward = { kind: 'incompatible', counterExample };
    const text = humanReport(
      [await judged({ comparisons: [{ ...COMPARISON, backward }] })],
      PLAIN_HOST,
    );
    expect(text).toContain(`... cut off here, it has ${DOCUMENT_LENGTH_MAX + 2} characters`);
    expect(text.length).toBeLessThan(DOCUMENT_LENGTH_MAX + 2_000);
  });

  it('lets no text of others move the cursor of who reads it', async () => {
    const evil = '\u001b[2J\u0007\r\u009b31m\u202e\u2028';
    const comparison = {
      ...COMPARISON,
      version: evil,
      changes: [change(evil, { message: evil, before: evil, after: evil })],
      backward: {
        kind: 'incompatible',
        counterExample: { ...EXAMPLE, document: { [evil]: evil } },
      },
    };
    const fault = { rule: evil, part: 'jsonSchema', message: evil };
    const facts = { reason: evil, version: evil, want: evil, mode: evil, faults: [fault] };
    const text = humanReport([await judged({ ...facts, comparisons: [comparison] })], PLAIN_HOST);
    // oxlint-disable-next-line no-control-regex -- they are what it looks for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028]/);
    expect(text).toContain('\\u001b[2J');
  });

  it('paints for people who see colours, and not otherwise', async () => {
    const one = await judged({ comparisons: [COMPARISON] });
    expect(humanReport([one], { ...PLAIN_HOST, colours: true })).toContain(
      '\u001b[31mBREAKING\u001b[39m',
    );
    expect(humanReport([one], PLAIN_HOST)).not.toContain('\u001b');
  });
});
