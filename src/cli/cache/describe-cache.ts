import pc from 'picocolors';
import type { CacheDocument } from '#cli/cache/fetch-cache';
import {
  type CacheThresholds,
  type CacheVerdicts,
  REQUESTS_MIN,
  type Verdict,
} from '#cli/cache/judge-cache';
import { printable } from '#cli/command/printable';

type CachedFile = CacheDocument['files'][number];

/** One line of the table; `isAlarm` paints it. */
interface Line {
  readonly cells: readonly string[];
  readonly isAlarm: boolean;
}

const HEAD = ['DATASET', 'SIZE', 'PINNED', 'LEASES', 'VERIFIED', 'LAST USE', 'QUARANTINED UNTIL'];
/** Whose numbers stand under each other. */
const RIGHT: ReadonlySet<number> = new Set([1, 3]);
const DEFAULT_SCOPE = 'default/dev ';
const DIGEST_SHOWN = 16;
const KINDS: Readonly<Record<string, string>> = {
  artifact: '',
  shard: ' (shard)',
  'shard-list': ' (list of shards)',
};
const NONE = '-';

/** Writes how a cache stands for people: a line a file, then the totals beside what they are held to. */
export function describeCache(
  url: string,
  cache: CacheDocument,
  held: { readonly thresholds: CacheThresholds; readonly verdicts: CacheVerdicts },
): string {
  const lines = [...cache.files.flatMap(linesOf), ...absentLines(cache)];
  const files =
    lines.length === 0
      ? ['The cache is empty: a dataset is downloaded when somebody first asks for its rows.']
      : table([{ cells: HEAD, isAlarm: false }, ...lines]);
  return [
    pc.bold(`Dataset cache of ${url}`),
    '',
    ...files,
    '',
    ...totals(cache, held.thresholds, held.verdicts),
    '',
  ].join('\n');
}

/** A file that several datasets share has a line for each of them, and its numbers once. */
function linesOf(file: CachedFile): readonly Line[] {
  const isAlarm = file.quarantined_until !== null;
  const [first = `file ${digest(file.sha256)} (no dataset yet)`, ...others] = file.datasets.map(
    (key) => `${nameOf(key)}${KINDS[file.kind] ?? ` (${file.kind})`}`,
  );
  const verified = file.verified_age_ms === null ? 'not yet' : ago(file.verified_age_ms);
  const cells = [
    first,
    size(file.bytes),
    file.pinned ? 'yes' : NONE,
    String(file.leases),
    verified,
    ago(file.last_use_age_ms),
    file.quarantined_until ?? NONE,
  ];
  return [{ cells, isAlarm }, ...others.map((name) => ({ cells: [name], isAlarm }))];
}

/** What is in quarantine has no file most of the time: damaged ones are removed. */
function absentLines({ files, quarantined }: CacheDocument): readonly Line[] {
  const here = new Set(files.map(({ sha256 }) => sha256));
  return quarantined
    .filter(({ sha256 }) => !here.has(sha256))
    .map(({ sha256, until }) => {
      const name = `file ${digest(sha256)} (not here)`;
      return { cells: [name, NONE, NONE, NONE, NONE, NONE, until], isAlarm: true };
    });
}

function totals(
  cache: CacheDocument,
  { hitRatioMin, bytesMax }: CacheThresholds,
  verdicts: CacheVerdicts,
): readonly string[] {
  const { hits, misses, bytes, files } = cache;
  const requests = hits + misses;
  // Rounded down: a ratio just below its threshold must not look as if it were at it.
  const ratio = requests === 0 ? NONE : (Math.floor((1_000 * hits) / requests) / 1_000).toFixed(3);
  const rows: readonly (readonly string[])[] = [
    [
      'Hit ratio',
      `${ratio} (${hits} of ${plural(requests, 'request')})`,
      mark(verdicts.hitRatio, `at least ${hitRatioMin}`),
    ],
    [
      'Disk',
      `${size(bytes)} of ${size(cache.bytes_max)} in ${plural(files.length, 'file')}`,
      mark(verdicts.disk, `at most ${size(bytesMax)}`),
    ],
    ['Downloads', String(cache.downloads)],
    ['Evictions', String(cache.evictions)],
    ['Quarantines', String(cache.quarantines)],
  ];
  const width = Math.max(...rows.map(([, value = '']) => value.length));
  return rows.map(([name = '', value = '', held = '']) =>
    `${name.padEnd(12)} ${held === '' ? value : `${value.padEnd(width)}  ${held}`}`.trimEnd(),
  );
}

function mark(verdict: Verdict, limit: string): string {
  switch (verdict) {
    case 'within':
      return `${pc.green('ok')}, want ${limit}`;
    case 'passed':
      return `${pc.red('PASSED')}, want ${limit}`;
    case 'too-few':
      return pc.dim(`not judged before ${REQUESTS_MIN} requests, want ${limit}`);
    default:
      return verdict satisfies never;
  }
}

function table(raw: readonly Line[]): readonly string[] {
  const lines = raw.map(({ cells, isAlarm }) => ({ cells: cells.map(printable), isAlarm }));
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  return lines.map(({ cells, isAlarm }, index) => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return RIGHT.has(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    const text = padded.join('  ').trimEnd();
    if (isAlarm) return pc.red(text);
    return index === 0 ? pc.dim(text) : text;
  });
}

function nameOf(key: string): string {
  return key.startsWith(DEFAULT_SCOPE) ? key.slice(DEFAULT_SCOPE.length) : key;
}

function digest(sha256: string): string {
  return `${sha256.slice(0, DIGEST_SHOWN)}…`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Writes bytes with one digit behind the point, in the unit that people read most easily. */
function size(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (bytes < 1_024) return `${bytes} B`;
  const step = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** step).toFixed(1)} ${units[step - 1]}`;
}

/** Writes an age in the largest unit that it fills. */
function ago(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
