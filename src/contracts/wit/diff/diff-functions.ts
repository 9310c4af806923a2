import type { WitChange } from '#contracts/wit/diff/change';
import { compareTypes, diffParts } from '#contracts/wit/diff/diff-parts';
import {
  BOTH,
  type DiffPlace,
  diffNotes,
  makeChange,
  NOBODY,
  type WitComparison,
} from '#contracts/wit/diff/diff-place';
import { excerpt, functionText, refText } from '#contracts/wit/diff/excerpt';
import type { ResolvedFunction } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface FunctionPair {
  /** What the function is called in its place. */
  readonly name: string;
  readonly older: ResolvedFunction;
  readonly newer: ResolvedFunction;
}

/** Compares a function that both sides have. Any change of its structure breaks both parties. */
export function diffFunction(
  comparison: WitComparison,
  place: DiffPlace,
  pair: FunctionPair,
): readonly WitChange[] {
  const { name, older, newer } = pair;
  const noun = `function ${quote(name)}`;
  const texts = { before: functionText(older), after: functionText(newer) };
  const changes: WitChange[] = [];
  if (older.async !== newer.async) {
    const message = `The ${noun} of ${place.noun} is ${newer.async ? 'now' : 'no longer'} async`;
    changes.push(
      makeChange(place, { rule: 'async-changed', name, ...texts, message, breaks: BOTH }),
    );
  }
  const lists = { kind: 'param', owner: name, older: older.params, newer: newer.params } as const;
  const params = diffParts(comparison, place, lists);
  changes.push(...params.changes);
  const result = compareTypes(comparison, older.result, newer.result);
  if (result === 'changed') {
    const message = `The ${noun} of ${place.noun} has another result`;
    const [before, after] = [older.result, newer.result].map((ref) =>
      ref === undefined ? undefined : excerpt(refText(ref)),
    );
    changes.push(
      makeChange(place, { rule: 'result-changed', name, before, after, message, breaks: BOTH }),
    );
  }
  if (params.respelled || result === 'respelled') {
    const message = `The ${noun} of ${place.noun} names the same types otherwise`;
    const rule = 'signature-respelled';
    changes.push(makeChange(place, { rule, name, ...texts, message, breaks: NOBODY }));
  }
  return [...changes, ...diffNotes(place, { name, noun }, pair)];
}
