import type { Change } from 'diff';
import { useEffect, useState } from 'preact/hooks';

export interface Side {
  readonly title: string;
  readonly text: string;
}

interface Line {
  readonly number?: number;
  readonly text: string;
  readonly kind: 'same' | 'changed' | 'none';
}

type Pair = readonly [Line, Line];

/** Equal lines around a change that are shown. */
const AROUND = 3;
/** How long the page may stand still over a comparison; texts that take longer are shown as replaced. */
const COMPARE_MS_MAX = 500;
/** Lines that are shown: each is five elements of the page. */
const LINES_MAX = 2_000;
const NOTHING: Line = { text: '', kind: 'none' };

/** Two texts beside each other, line by line; long stretches that are equal are left out. */
export function SideBySide({ left, right }: { readonly left: Side; readonly right: Side }) {
  const [pairs, setPairs] = useState<readonly (Pair | number)[] | undefined>();
  useEffect(() => {
    let isWanted = true;
    void import('diff').then(({ diffLines }) => {
      const found = diffLines(left.text, right.text, { timeout: COMPARE_MS_MAX });
      if (isWanted) setPairs(folded(pairsOf(found ?? replaced(left.text, right.text))));
    });
    return () => {
      isWanted = false;
    };
  }, [left.text, right.text]);
  if (pairs === undefined) return <p class="quiet">Comparing…</p>;
  if (pairs.length === 0) return <p class="quiet">Both texts are the same.</p>;
  return (
    <div class="table" role="group" aria-label={`${left.title} beside ${right.title}`} tabIndex={0}>
      <table class="diff">
        <thead>
          <tr>
            <th scope="col" colSpan={2}>
              {left.title}
            </th>
            <th scope="col" colSpan={2}>
              {right.title}
            </th>
          </tr>
        </thead>
        <tbody>
          {pairs.slice(0, LINES_MAX).map((pair, index) => (
            <Row key={index} of={pair} />
          ))}
          {pairs.length > LINES_MAX && (
            <tr class="folded">
              <td colSpan={4}>{pairs.length - LINES_MAX} lines more, which are not shown</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of: pair }: { readonly of: Pair | number }) {
  if (typeof pair === 'number')
    return (
      <tr class="folded">
        <td colSpan={4}>{pair} equal lines</td>
      </tr>
    );
  const [left, right] = pair;
  return (
    <tr>
      <td class="number">{left.number}</td>
      <td class={left.kind === 'changed' ? 'removed' : left.kind}>
        {left.kind === 'changed' ? '− ' : '  '}
        {left.text}
      </td>
      <td class="number">{right.number}</td>
      <td class={right.kind === 'changed' ? 'added' : right.kind}>
        {right.kind === 'changed' ? '+ ' : '  '}
        {right.text}
      </td>
    </tr>
  );
}

function replaced(left: string, right: string): Change[] {
  return [
    { value: left, removed: true, added: false, count: 1 },
    { value: right, removed: false, added: true, count: 1 },
  ];
}

/** Puts what was removed beside what was added in its place. */
function pairsOf(changes: readonly Change[]): readonly Pair[] {
  const pairs: Pair[] = [];
  let [left, right] = [0, 0];
  let removed: string[] = [];
  const settle = (added: readonly string[]): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      const [old, fresh] = [removed[at], added[at]];
      pairs.push([
        old === undefined ? NOTHING : { number: left + at + 1, text: old, kind: 'changed' },
        fresh === undefined ? NOTHING : { number: right + at + 1, text: fresh, kind: 'changed' },
      ]);
    }
    left += removed.length;
    right += added.length;
    removed = [];
  };
  for (const change of changes) {
    const lines = change.value.replace(/\n$/, '').split('\n');
    if (change.removed) {
      settle([]);
      removed = lines;
    } else if (change.added) settle(lines);
    else {
      settle([]);
      for (const text of lines) {
        left += 1;
        right += 1;
        pairs.push([same(left, text), same(right, text)]);
      }
    }
  }
  settle([]);
  return pairs;
}

function same(number: number, text: string): Line {
  return { number, text, kind: 'same' };
}

/** Replaces equal lines that are far from every change by how many they are. */
function folded(pairs: readonly Pair[]): readonly (Pair | number)[] {
  const changed = pairs.flatMap(([left], index) => (left.kind === 'same' ? [] : [index]));
  if (changed.length === 0) return [];
  const isNear = new Set(
    changed.flatMap((at) =>
      Array.from({ length: 2 * AROUND + 1 }, (_, step) => at - AROUND + step),
    ),
  );
  const shown: (Pair | number)[] = [];
  for (const [index, pair] of pairs.entries()) {
    const last = shown.at(-1);
    if (isNear.has(index)) shown.push(pair);
    else if (typeof last === 'number') shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}
