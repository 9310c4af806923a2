import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judgement } from '#cli/contract/judgement';
import { junitReport } from '#cli/contract/report/junit-report';
import { COMPARISON, contractInput, judged, PLAIN_HOST } from '#test/cli/judgement-bed';

/** Reads the texts and attributes of XML again, and fails for what is not well-formed. */
function readXml(xml: string): { readonly attributes: string[]; readonly texts: string[] } {
  const decode = (text: string): string => {
    expect(text).not.toMatch(/&(?!(amp|lt|gt|quot|#\d+);)|</);
    const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };
    return text.replaceAll(/&(#?\w+);/g, (_, name: string) =>
      name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : (named[name] ?? ''),
    );
  };
  const open: string[] = [];
  const [attributes, texts]: [string[], string[]] = [[], []];
  const body = xml.slice(xml.indexOf('?>') + 2);
  for (const [, close, name = '', rest = '', text = ''] of body.matchAll(
    /<(\/?)([a-z-]+)((?: [a-z]+="[^"]*")*)>([^<]*)/g,
  )) {
    if (close === '/') expect(open.pop()).toBe(name);
    else open.push(name);
    for (const [, value = ''] of rest.matchAll(/="([^"]*)"/g)) attributes.push(decode(value));
    texts.push(decode(text));
  }
  expect(open).toEqual([]);
  return { attributes, texts };
}

describe('junitReport()', () => {
  it('counts refusals as failures and what was not judged as errors, one case a contract', async () => {
    const good = await judged({ wouldPublish: true, version: 'v1' });
    const bad = await judged({ comparisons: [COMPARISON], want: 'v4' });
    const away: Judgement = { ...good, outcome: 'failed', exitCode: 3, reason: 'away' };
    const xml = junitReport([good, bad, away], 'check', PLAIN_HOST);
    expect(xml).toContain('tests="3" failures="1" errors="1" skipped="0"');
    expect(xml.match(/<testcase /g)).toHaveLength(3);
    expect(xml).toContain('<failure message="Message of type-changed (right version: v4)"');
    expect(xml).toContain('<error message="away"');
    const { texts } = readXml(xml);
    expect(texts.join('')).toContain('Valid under v3, refused by the candidate');
  });

  it('is well-formed whatever the texts hold, and keeps what XML can hold', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(
          '<',
          '>',
          '&',
          '"',
          ']]>',
          '\ud800',
          '\u0000',
          '\ufffe',
          '\t',
          '\r',
          'a',
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(texts, texts, async (name, reason) => {
        const xml = junitReport(
          [await judged({ reason }, contractInput(name))],
          'check',
          PLAIN_HOST,
        );
        expect(xml.isWellFormed()).toBe(true);
        // oxlint-disable-next-line no-control-regex -- they are what it looks for
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
        const { attributes } = readXml(xml);
        // oxlint-disable-next-line no-control-regex -- they are what it looks for
        if (/^[\u0020-\ud7ff\t\n\r]*$/.test(name)) expect(attributes).toContain(name);
      }),
    );
  });
});
