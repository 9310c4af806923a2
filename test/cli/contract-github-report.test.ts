import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANNOTATIONS_MAX, githubReport } from '#cli/contract/report/github-report';
import { COMPARISON, change, judged, PLAIN_HOST } from '#test/cli/judgement-bed';

/** Reads a workflow command as the runner of GitHub does. */
function parseCommand(line: string) {
  const [, head = '', message = ''] = /^::(.*?)::(.*)$/s.exec(line) ?? [];
  const at = head.indexOf(' ');
  const data = (text: string) =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const property = (text: string) => data(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
  const pairs = head
    .slice(at + 1)
    .split(',')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), property(pair.slice(pair.indexOf('=') + 1))]);
  return { command: head.slice(0, at), message: data(message), ...Object.fromEntries(pairs) };
}

describe('githubReport()', () => {
  it('puts faults and breaking changes beside their lines', async () => {
    const faults = [
      { rule: 'by-line', part: 'jsonSchema', message: 'm', line: 2, column: 3 },
      { rule: 'by-pointer', part: 'jsonSchema', message: 'm', pointer: '/properties/size' },
      { rule: 'in-wit', part: 'wit', path: 'x.wit', message: 'm', line: 1, column: 9 },
    ];
    const lines = githubReport([await judged({ faults, comparisons: [COMPARISON] })], PLAIN_HOST)
      .trimEnd()
      .split('\n')
      .map(parseCommand);
    const file = 'contracts/a,b:c.json';
    expect(lines).toEqual([
      { command: 'error', file, line: '2', col: '3', title: 'a.b: by-line', message: 'm' },
      { command: 'error', file, line: '4', col: '13', title: 'a.b: by-pointer', message: 'm' },
      {
        command: 'error',
        file: 'wit/x.wit',
        line: '1',
        col: '9',
        title: 'a.b: in-wit',
        message: 'm',
      },
      expect.objectContaining({ command: 'error', file, line: '4', title: 'a.b: type-changed' }),
    ]);
  });

  it('falls back to what a removed place stood in, and to the file', async () => {
    const changes = [
      change('gone', { isBreaking: true, before: '/properties/gone/type' }),
      change('item', { isBreaking: true, part: 'wit', before: 'a:b/c#f' }),
    ];
    const [gone, item] = githubReport(
      [await judged({ comparisons: [{ ...COMPARISON, changes }] })],
      PLAIN_HOST,
    )
      .split('\n')
      .map(parseCommand);
    expect(gone).toMatchObject({ line: '3', col: '17' });
    expect(item).toMatchObject({ file: 'wit/x.wit' });
    expect(item).not.toHaveProperty('line');
  });

  it('keeps every text whole, and no text becomes a command of its own', async () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', '%', ':', ',', '=', '\r', '\n', ' ', '%0A', '%3A', '%25', '5'),
    });
    await fc.assert(
      fc.asyncProperty(texts, texts, async (rule, message) => {
        const fault = { rule, part: 'jsonSchema', message };
        const report = githubReport([await judged({ faults: [fault] })], PLAIN_HOST);
        expect(report.match(/\n/g)).toHaveLength(1);
        expect(parseCommand(report.slice(0, -1))).toMatchObject({ title: `a.b: ${rule}`, message });
      }),
    );
  });

  it('stops at a number of annotations and counts the rest', async () => {
    const faults = Array.from({ length: ANNOTATIONS_MAX + 5 }, (_, i) => ({
      rule: `r${i}`,
      part: 'jsonSchema',
      message: 'm',
    }));
    const lines = githubReport([await judged({ faults })], PLAIN_HOST)
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(ANNOTATIONS_MAX + 1);
    expect(lines.at(-1)).toBe('::notice title=a.b::and 5 more');
  });
});
