import type { ReferencedContent, WitText } from '#contracts/gate/gate-report';
import { checkWit, type WitCheck } from '#contracts/wit/check-wit';
import type { WitSource } from '#contracts/wit/resolve';

/** A WIT package that was checked. */
export type ValidWit = Extract<WitCheck, { readonly kind: 'valid' }>;

/** Checks a WIT package with the packages that it refers to, each of which may have several files. */
export function readWit(
  files: readonly WitText[],
  references: readonly ReferencedContent[],
): WitCheck {
  const dependencies = readDependencies(references);
  return checkWit(files, { dependencies: [...dependencies.values()].flat() });
}

/**
 * Gives each referenced package as one text. One of several files is joined, as soon as what it refers to itself is known
 * as one text; where that never is, its files stay apart and the check says what is wrong with them.
 */
export function readDependencies(
  references: readonly ReferencedContent[],
): ReadonlyMap<string, readonly WitSource[]> {
  const known = new Map<string, readonly WitSource[]>();
  let left = references.filter(({ wit = [] }) => wit.length > 0);
  for (let isFound = true; isFound; ) {
    isFound = false;
    for (const { uri, wit = [] } of left) {
      const text = wit.length === 1 ? wit[0]?.text : joined(wit, [...known.values()].flat());
      if (text === undefined) continue;
      known.set(uri, [{ path: uri, text }]);
      isFound = true;
    }
    left = left.filter(({ uri }) => !known.has(uri));
  }
  for (const { uri, wit = [] } of left) {
    known.set(
      uri,
      wit.map(({ path, text }) => ({ path: `${uri}/${path}`, text })),
    );
  }
  return known;
}

function joined(files: readonly WitText[], dependencies: readonly WitSource[]): string | undefined {
  const checked = checkWit(files, { dependencies });
  return checked.kind === 'valid' ? checked.canonical : undefined;
}
