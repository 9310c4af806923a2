import pc from 'picocolors';
import type { CommandHost } from '#cli/command/command-host';
import { printable, printableLines } from '#cli/command/printable';
import type {
  ChangeAnswer,
  ComparisonAnswer,
  CounterExampleAnswer,
  FaultAnswer,
} from '#cli/contract/answers';
import type { Judgement, ShownComparison } from '#cli/contract/judgement';
import { placeOfFault } from '#cli/contract/report/source-place';

type Colours = ReturnType<typeof pc.createColors>;

/** The longest counter-example that is shown whole, in characters. */
export const DOCUMENT_LENGTH_MAX = 4_000;
const RULE_CELLS = 28;
const WORDS = {
  accepted: 'would be published',
  created: 'published',
  existing: 'there already',
  refused: 'refused',
  failed: 'not judged',
} as const;

/** Writes what became of contracts for people: breaking changes first, each with its rule, its places and a sentence. */
export function humanReport(
  judgements: readonly Judgement[],
  host: Pick<CommandHost, 'colours' | 'json'>,
): string {
  const colours = pc.createColors(host.colours);
  const blocks = judgements.map((one) => judgementLines(one, colours, host).join('\n'));
  if (judgements.length > 1) blocks.push(totals(judgements));
  return blocks.map((block) => `${block}\n`).join('\n');
}

/** Writes what lies between two versions. */
export function comparisonReport(
  { name, older, newer }: { readonly name: string; readonly older: string; readonly newer: string },
  comparison: ComparisonAnswer,
  { colours: isColoured }: Pick<CommandHost, 'colours'>,
): string {
  const colours = pc.createColors(isColoured);
  const { changes, changesOmitted, level, isCompatible } = comparison;
  const verdict = isCompatible ? colours.green('compatible') : colours.red('not compatible');
  const lines = [
    `${colours.bold(printable(name))} from ${printable(older)} to ${printable(newer)}: ${verdict}, level ${level}`,
    ...changeLines(changes, changesOmitted, colours),
    ...directionLines(comparison, { older, newer }, undefined),
  ];
  return `${lines.join('\n')}\n`;
}

function judgementLines(
  judgement: Judgement,
  colours: Colours,
  { json }: Pick<CommandHost, 'json'>,
): readonly string[] {
  const { name, outcome, reason, faults, warnings, comparisons, want, version } = judgement;
  const isRefused = outcome === 'refused';
  const paint = isRefused || outcome === 'failed' ? colours.red : colours.green;
  const facts = [
    ...(version === undefined ? [] : [printable(version)]),
    paint(WORDS[outcome]),
    ...factsOf(judgement),
  ];
  const placed = (fault: FaultAnswer) => faultLines(fault, judgement, json);
  return [
    `${colours.bold(printable(name))} ${facts.join(', ')}`,
    ...(reason === undefined ? [] : printableLines(reason).map((line) => `  ${line}`)),
    ...faults.flatMap(placed).map((line) => `  ${colours.red('fault')}    ${line}`),
    ...warnings.flatMap(placed).map((line) => `  ${colours.yellow('warning')}  ${line}`),
    ...comparisons.flatMap((one) => comparisonLines(one, judgement, colours)),
    ...(isRefused && want !== undefined
      ? [`  Right version: ${colours.bold(printable(want))}`]
      : []),
  ];
}

function factsOf({ level, mode, stage, code, want, outcome }: Judgement): readonly string[] {
  const comes = want === undefined || outcome === 'refused' ? [] : [`as ${printable(want)}`];
  return [
    ...comes,
    ...(level === undefined ? [] : [`level ${level}`]),
    ...(mode === undefined ? [] : [`mode ${printable(mode)}`]),
    ...(stage === undefined ? [] : [`stage ${printable(stage)}`]),
    ...(code === undefined ? [] : [printable(code)]),
  ];
}

function faultLines(
  fault: FaultAnswer,
  { input }: Judgement,
  json: CommandHost['json'],
): readonly string[] {
  const place = placeOfFault(fault, input, json.locate);
  const at = [place?.path, place?.line, place?.column].filter((part) => part !== undefined);
  const where = at.length === 0 ? [] : [printable(at.join(':'))];
  return [[printable(fault.rule), ...where, printable(fault.message)].join('  ')];
}

function comparisonLines(
  { versions, changes, changesOmitted, comparison }: ShownComparison,
  { mode, outcome }: Judgement,
  colours: Colours,
): readonly string[] {
  const older = printable(versions.join(', '));
  const shown = changeLines(changes, changesOmitted, colours);
  const sides = { older, newer: 'the candidate' };
  return [
    `  Compared with ${older}${shown.length === 0 ? ': no change' : ''}`,
    ...shown,
    ...(comparison === undefined || comparison.isCompatible || outcome !== 'refused'
      ? []
      : directionLines(comparison, sides, mode)),
  ];
}

function changeLines(
  changes: readonly ChangeAnswer[],
  omitted: number,
  colours: Colours,
): readonly string[] {
  const ordered = changes.toSorted((a, b) => rankOf(a) - rankOf(b));
  const more = omitted === 0 ? [] : [`    and ${omitted} more`];
  return [...ordered.flatMap((change) => linesOf(change, colours)), ...more];
}

function rankOf({ isBreaking, isFeature }: ChangeAnswer): number {
  if (isBreaking) return 0;
  return isFeature ? 1 : 2;
}

function linesOf(change: ChangeAnswer, colours: Colours): readonly string[] {
  const tags = [colours.red('BREAKING'), colours.green('feature '), colours.dim('change  ')];
  const tag = tags[rankOf(change)] ?? '';
  const { before, after } = change;
  const places = [...new Set([before ?? '(nothing)', after ?? '(nothing)'])];
  const where = before === undefined && after === undefined ? '' : places.map(root).join(' -> ');
  return [
    `    ${tag}  ${printable(change.rule).padEnd(RULE_CELLS)} ${printable(where)}`.trimEnd(),
    `              ${printable(change.message)}`,
  ];
}

function root(pointer: string): string {
  return pointer === '' ? '(the whole)' : pointer;
}

interface Sides {
  readonly older: string;
  readonly newer: string;
}

/** Shows for each direction that the mode asks for why it does not hold. */
function directionLines(
  { backward, forward }: ComparisonAnswer,
  sides: Sides,
  mode: string | undefined,
): readonly string[] {
  // A registry that refuses does not always say by which mode.
  const wantsBoth = mode === undefined || mode.startsWith('FULL');
  const isForward = mode?.startsWith('FORWARD') === true;
  const wanted = [
    ...(wantsBoth || !isForward ? [['backward', backward] as const] : []),
    ...(wantsBoth || isForward ? [['forward', forward] as const] : []),
  ];
  return wanted.flatMap(([direction, { kind, counterExample, reason }]) => {
    if (kind === 'unknown')
      return [`  Not proved ${direction}: ${printable(reason ?? 'no reason given')}`];
    return counterExample === undefined ? [] : exampleLines(counterExample, sides);
  });
}

/** Writes a document that one of two versions takes and the other refuses. */
export function exampleLines(
  { document, validUnder, refusal }: CounterExampleAnswer,
  { older, newer }: Sides,
): readonly string[] {
  const [valid, refused] = validUnder === 'older' ? [older, newer] : [newer, older];
  const text = JSON.stringify(document, undefined, 2);
  const cut =
    text.length > DOCUMENT_LENGTH_MAX ? [`... cut off here, it has ${text.length} characters`] : [];
  return [
    `  Valid under ${valid}, refused by ${refused}: ${printable(refusal)}`,
    ...[...printableLines(text.slice(0, DOCUMENT_LENGTH_MAX)), ...cut].map((line) => `    ${line}`),
  ];
}

function totals(judgements: readonly Judgement[]): string {
  const counts = Object.entries(WORDS).flatMap(([outcome, words]) => {
    const count = judgements.filter((one) => one.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${judgements.length} contracts: ${counts.join(', ')}`;
}
