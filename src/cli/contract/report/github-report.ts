import { relative, sep } from 'node:path';
import type { CommandHost } from '#cli/command/command-host';
import type { Judgement } from '#cli/contract/judgement';
import { placeOfChange, placeOfFault, type SourcePlace } from '#cli/contract/report/source-place';

/** How many annotations one contract makes. Beyond them one more says how many are left out. */
export const ANNOTATIONS_MAX = 50;

interface Annotation {
  readonly command: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly place?: SourcePlace | undefined;
}

/** Writes what is wrong as workflow commands of GitHub: each stands beside the line of the file that it is about. */
export function githubReport(
  judgements: readonly Judgement[],
  { json }: Pick<CommandHost, 'json'>,
): string {
  return judgements
    .flatMap((one) => bounded(one, annotationsOf(one, json)))
    .map((annotation) => `${lineOf(annotation)}\n`)
    .join('');
}

function annotationsOf(judgement: Judgement, json: CommandHost['json']): readonly Annotation[] {
  const { name, input, faults, warnings, comparisons, outcome } = judgement;
  const isBad = outcome === 'refused' || outcome === 'failed';
  const placed = (command: 'error' | 'warning') => (fault: (typeof faults)[number]) => ({
    command,
    title: `${name}: ${fault.rule}`,
    message: fault.message,
    place: placeOfFault(fault, input, json.locate),
  });
  const breaking = comparisons.flatMap(({ versions, changes }) =>
    changes
      .filter(({ isBreaking }) => isBreaking)
      .map((change) => ({
        // Whoever publishes a major version on purpose is told and not stopped.
        command: isBad ? ('error' as const) : ('warning' as const),
        title: `${name}: ${change.rule}`,
        message: `${change.message} (compared with ${versions.join(', ')})`,
        place: placeOfChange(change, input, json.locate),
      })),
  );
  const found = [...faults.map(placed('error')), ...breaking];
  const said = isBad && found.length === 0 ? [reasonOf(judgement)] : [];
  return [...said, ...found, ...warnings.map(placed('warning'))];
}

function reasonOf({ name, reason, want, input }: Judgement): Annotation {
  const path = input?.schema?.path;
  const right = want === undefined ? '' : ` (right version: ${want})`;
  return {
    command: 'error',
    title: name,
    message: `${reason ?? 'refused'}${right}`,
    place: path === undefined ? undefined : { path },
  };
}

function bounded({ name }: Judgement, found: readonly Annotation[]): readonly Annotation[] {
  const more = found.length - ANNOTATIONS_MAX;
  if (more <= 0) return found;
  const last: Annotation = { command: 'notice', title: name, message: `and ${more} more` };
  return [...found.slice(0, ANNOTATIONS_MAX), last];
}

function lineOf({ command, title, message, place }: Annotation): string {
  const properties = [
    ...(place === undefined ? [] : [['file', relativePath(place.path)] as const]),
    ...(place?.line === undefined ? [] : [['line', String(place.line)] as const]),
    ...(place?.column === undefined ? [] : [['col', String(place.column)] as const]),
    ['title', title] as const,
  ].map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${command} ${properties.join(',')}::${escapeData(message)}`;
}

/** Paths are those of the repository: a workflow runs in its root. */
function relativePath(path: string): string {
  const from = relative(process.cwd(), path);
  return (from.startsWith('..') ? path : from).replaceAll(sep, '/');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
