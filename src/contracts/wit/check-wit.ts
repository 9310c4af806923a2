import type { WitFile, WitInterfaceItem, WitName, WitWorldItem } from '#contracts/wit/ast';
import { canonicalFile } from '#contracts/wit/canonical-file';
import { packageId } from '#contracts/wit/packages';
import { parseWit, WIT_TEXT_LENGTH_MAX } from '#contracts/wit/parse';
import { printWit } from '#contracts/wit/print';
import { resolveWit, type WitSource } from '#contracts/wit/resolve';
import type { WitResolution, WitSourceFault } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/** How many files one package may have. A package of WASI has at most eight. */
export const WIT_FILES_MAX = 64;
/** How long all files of one package may be together, in UTF-16 units. All of WASI 0.2 has some 140,000. */
export const WIT_PACKAGE_LENGTH_MAX = WIT_TEXT_LENGTH_MAX;
/** How many packages one may refer to, directly or through others. `wasi:http` refers to six. */
export const WIT_DEPENDENCIES_MAX = 64;
/** How long the texts of all of them may be together, in UTF-16 units. */
export const WIT_DEPENDENCIES_LENGTH_MAX = 4 * WIT_TEXT_LENGTH_MAX;
/**
 * How long one declared name may be, or a package's id. Every type and function is known under the names that it stands
 * in, so that without it 1 MiB of text could ask for gigabytes.
 */
export const WIT_NAME_LENGTH_MAX = 128;

type ResolvedWit = Extract<WitResolution, { readonly kind: 'resolved' }>;

/** What `checkWit` found. */
export type WitCheck =
  | {
      readonly kind: 'valid';
      /** `namespace:name@version`, without `@` where there is no version. */
      readonly packageId: string;
      /** The package as one text in canonical form, whatever the files were. It can be a dependency of others. */
      readonly canonical: string;
      readonly resolution: ResolvedWit;
    }
  | { readonly kind: 'refused'; readonly faults: readonly WitSourceFault[] };

export interface WitCheckOptions {
  /** The packages that are referred to, each as one whole text such as `canonical`. Default none. */
  readonly dependencies?: readonly WitSource[];
  /** The features whose `@unstable` items take part. Default none. */
  readonly features?: readonly string[];
}

/**
 * Checks that files are one valid WIT package, and gives it in canonical form. Never throws. The order of the files does
 * not count: they are taken by path. Packages that are nested in them count as dependencies.
 */
export function checkWit(files: readonly WitSource[], options: WitCheckOptions = {}): WitCheck {
  const { dependencies = [], features = [] } = options;
  const tooMuch = limitFault(files, dependencies);
  if (tooMuch !== undefined) return refusal(tooMuch);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  const parsed = sorted.map(({ path, text }) => ({ path, outcome: parseWit(text) }));
  for (const { path, outcome } of parsed) {
    const fault = outcome.kind === 'parsed' ? nameFault(path, outcome.file) : undefined;
    if (fault !== undefined) return refusal(fault);
  }
  const resolution = resolveWit([...dependencies.map((source) => [source]), sorted], { features });
  if (resolution.kind === 'refused') return resolution;
  const texts = parsed.flatMap(({ outcome }) => (outcome.kind === 'parsed' ? [outcome.file] : []));
  const joined = canonicalFile(texts);
  if (joined?.head === undefined) throw new TypeError('Cannot join WIT: has no package (want one)');
  const canonical = printWit(joined);
  if (canonical.length > WIT_TEXT_LENGTH_MAX) {
    const is = `is ${canonical.length} characters long in canonical form`;
    return refusal(limit(`${is} (want at most ${WIT_TEXT_LENGTH_MAX})`));
  }
  return { kind: 'valid', packageId: packageId(joined.head.name), canonical, resolution };
}

type Check = Extract<WitCheck, { readonly kind: 'refused' }>;

function refusal(fault: WitSourceFault): Check {
  return { kind: 'refused', faults: [fault] };
}

function limit(what: string): WitSourceFault {
  return { path: '', line: 1, column: 1, rule: 'limit', message: `Cannot check WIT: ${what}` };
}

function limitFault(
  files: readonly WitSource[],
  dependencies: readonly WitSource[],
): WitSourceFault | undefined {
  const [own, others] = [files, dependencies].map((sources) =>
    sources.reduce((sum, { text }) => sum + text.length, 0),
  );
  const counts = [
    { count: files.length, max: WIT_FILES_MAX, what: 'files' },
    { count: own ?? 0, max: WIT_PACKAGE_LENGTH_MAX, what: 'characters' },
    { count: dependencies.length, max: WIT_DEPENDENCIES_MAX, what: 'dependencies' },
    { count: others ?? 0, max: WIT_DEPENDENCIES_LENGTH_MAX, what: 'characters of dependencies' },
  ];
  const over = counts.find(({ count, max }) => count > max);
  if (over !== undefined) return limit(`has ${over.count} ${over.what} (want at most ${over.max})`);
  return doublePath(files);
}

function doublePath(files: readonly WitSource[]): WitSourceFault | undefined {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) {
      const message = `Cannot check WIT file ${quote(path)}: is given twice (want one file a path)`;
      return { path, line: 1, column: 1, rule: 'duplicate', message };
    }
    seen.add(path);
  }
  return undefined;
}

function nameFault(path: string, file: WitFile): WitSourceFault | undefined {
  const own = file.head === undefined ? [] : [file.head];
  const nested = file.items.flatMap((item) => (item.kind === 'package' ? [item.head] : []));
  const ids = [...own, ...nested].map(({ name }) => ({
    text: packageId(name),
    at: name.namespace.at,
  }));
  const long = [...ids, ...declaredNames(file)].find(
    ({ text }) => text.length > WIT_NAME_LENGTH_MAX,
  );
  if (long === undefined) return undefined;
  const is = `is ${long.text.length} characters long`;
  const message = `Cannot use WIT name ${quote(long.text)}: ${is} (want at most ${WIT_NAME_LENGTH_MAX})`;
  return { path, ...long.at, rule: 'limit', message };
}

/** Lists the names that become part of the ids of other things. */
function declaredNames(file: WitFile): readonly WitName[] {
  const items = file.items.flatMap((item) => (item.kind === 'package' ? item.items : [item]));
  return items.flatMap((item) => {
    switch (item.kind) {
      case 'file-use':
        return [];
      case 'interface':
      case 'world':
        return [item.name].concat(item.items.flatMap(itemNames));
      default:
        return item satisfies never;
    }
  });
}

function itemNames(item: WitInterfaceItem | WitWorldItem): readonly WitName[] {
  switch (item.kind) {
    case 'include':
      return item.renames.map((rename) => rename.as);
    case 'import':
    case 'export': {
      const { extern } = item;
      if (extern.kind === 'path') return [];
      return extern.kind === 'interface'
        ? [extern.name].concat(extern.items.flatMap(itemNames))
        : [extern.name];
    }
    case 'use':
      return item.names.flatMap(({ as }) => as ?? []);
    default:
      return [item.name];
  }
}
