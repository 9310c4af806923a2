import type { CommandHost } from '#cli/command/command-host';
import type { Judgement } from '#cli/contract/judgement';
import { humanReport } from '#cli/contract/report/human-report';

// XML 1.0, section 2.2: what may stand in a document. Everything else has no way to be written, also not by its number.
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const NOT_XML = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Kept as they are inside of attributes, where a parser would make blanks of them.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Writes what became of contracts as JUnit XML: one test case a contract, and what is wrong as the text of its failure. */
export function junitReport(
  judgements: readonly Judgement[],
  verb: string,
  host: Pick<CommandHost, 'json'>,
): string {
  const failures = judgements.filter(({ outcome }) => outcome === 'refused').length;
  const errors = judgements.filter(({ outcome }) => outcome === 'failed').length;
  const suite = attributes({
    name: `atlas-registry contract ${verb}`,
    tests: String(judgements.length),
    failures: String(failures),
    errors: String(errors),
    skipped: '0',
  });
  const cases = judgements.map((one) => testCase(one, verb, host));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite${suite}>`,
    ...cases,
    '</testsuite></testsuites>',
    '',
  ].join('\n');
}

function testCase(judgement: Judgement, verb: string, host: Pick<CommandHost, 'json'>): string {
  const { name, outcome, input } = judgement;
  const file = input?.schema?.path ?? [...(input?.wit.values() ?? [])][0]?.path;
  const head = attributes({
    classname: `contract.${verb}`,
    name,
    ...(file === undefined ? {} : { file }),
  });
  const text = humanReport([judgement], { ...host, colours: false }).trimEnd();
  const body = escapeXml(text);
  switch (outcome) {
    case 'accepted':
    case 'created':
    case 'existing':
      return `<testcase${head}><system-out>${body}</system-out></testcase>`;
    case 'refused':
    case 'failed': {
      const element = outcome === 'refused' ? 'failure' : 'error';
      const type = judgement.code ?? judgement.faults[0]?.rule ?? outcome;
      const marks = attributes({ message: messageOf(judgement), type });
      return `<testcase${head}><${element}${marks}>${body}</${element}></testcase>`;
    }
    default:
      return outcome satisfies never;
  }
}

function messageOf({ reason, faults, comparisons, want }: Judgement): string {
  const broken = comparisons.flatMap(({ changes }) => changes.filter((one) => one.isBreaking));
  const first = reason ?? faults[0]?.message ?? broken[0]?.message ?? 'refused';
  return want === undefined ? first : `${first} (right version: ${want})`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(value, true)}"`)
    .join('');
}

function escapeXml(text: string, isAttribute = false): string {
  const valid = text.toWellFormed().replaceAll(NOT_XML, '\ufffd');
  return valid.replaceAll(isAttribute ? /[&<>"\t\n\r]/g : /[&<>\r]/g, (c) => ESCAPES[c] ?? c);
}
