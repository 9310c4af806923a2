import type { Violation } from '#test/faults/check/violation';
import type { WriteOperation } from '#test/faults/history';

// Beyond it the search of one name is given up, and said to be.
const STATES_MAX = 200_000;

/**
 * Looks for an order of the writes of each name that explains every answer: each write at one moment between its beginning
 * and its end, the first one settles the name. Wing and Gong's search, with the states remembered that led nowhere.
 */
export function checkLinear(writes: readonly WriteOperation[]): Violation[] {
  const raced = writes.filter(({ kind }) => kind !== 'run');
  return [...grouped(raced)].flatMap(([name, own]) => {
    const found = explain(own.filter(({ outcome }) => outcome !== 'not-applied'));
    if (found === 'explained') return [];
    const all = own.map(({ value, outcome, have }) => `${value}:${outcome}${have ?? ''}`);
    const seen = `${name} (${found}): ${all.join(' ')}`;
    return [{ rule: 'writes of one name are linearizable', seen }];
  });
}

function nameOf({ kind, key }: WriteOperation): string {
  return `${kind} ${key}`;
}

function grouped(writes: readonly WriteOperation[]): Map<string, WriteOperation[]> {
  const groups = new Map<string, WriteOperation[]>();
  for (const write of writes) {
    const group = groups.get(nameOf(write));
    if (group === undefined) groups.set(nameOf(write), [write]);
    else group.push(write);
  }
  return groups;
}

/** What the name is after a write; `undefined` where the answer cannot have come from there. */
function after(write: WriteOperation, state: string | undefined): string | undefined {
  const { outcome, value, have } = write;
  if (outcome === 'applied') return state === undefined ? value : undefined;
  if (outcome === 'existing') return state === value ? state : undefined;
  if (outcome === 'conflict')
    return state !== undefined && state !== value && (have ?? state) === state ? state : undefined;
  // Nobody knows: it may have settled the name, or met one that was settled.
  return state ?? value;
}

function explain(writes: readonly WriteOperation[]): 'explained' | 'no order' | 'too many' {
  const seen = new Set<string>();
  const done = new Set<WriteOperation>();
  const endOf = ({ endedMs }: WriteOperation): number => endedMs ?? Number.POSITIVE_INFINITY;
  const search = (state: string | undefined): boolean => {
    const open = writes.filter((write) => !done.has(write));
    // Who does not know may never have happened.
    if (open.every(({ outcome }) => outcome === 'unknown')) return true;
    const key = `${state} ${writes.map((write) => (done.has(write) ? 1 : 0)).join('')}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (seen.size > STATES_MAX) throw new RangeError('too many');
    const firstEnd = Math.min(...open.map(endOf));
    for (const write of open) {
      if (write.beganMs > firstEnd) continue;
      const next = after(write, state);
      if (next === undefined) continue;
      done.add(write);
      if (search(next)) return true;
      done.delete(write);
    }
    return false;
  };
  try {
    return search(undefined) ? 'explained' : 'no order';
  } catch (error) {
    if (error instanceof RangeError) return 'too many';
    throw error;
  }
}
