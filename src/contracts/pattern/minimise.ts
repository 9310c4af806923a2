import { alphabetFrom } from '#contracts/pattern/alphabet';
import { type Dfa, explore, stepOf } from '#contracts/pattern/dfa';
import { RefinablePartition } from '#contracts/pattern/refinable-partition';

/** Merges states that accept the same texts, and classes of characters that no state tells apart. */
export function minimise(dfa: Dfa): Dfa {
  const blocks = equalStates(dfa);
  const members = Array.from(
    { length: blocks.blockCount },
    (_, block) => blocks.elementsOf(block)[0] ?? 0,
  );
  const merged = explore(dfa.alphabet, {
    start: blocks.blockOf(0),
    key: (block) => block,
    step: (block, label) => blocks.blockOf(stepOf(dfa, members[block] ?? 0, label)),
    accepts: (block) => dfa.accepts[members[block] ?? 0] === 1,
  });
  return mergeClasses(merged);
}

/**
 * Divides the states by what they accept. The steps are divided too, first by class and then by the block that they
 * lead to; each block of steps splits the states that they come from, until nothing splits.
 */
function equalStates({ alphabet, stateCount, next, accepts }: Dfa): RefinablePartition {
  const { classCount } = alphabet;
  const isUniform = accepts.every((accepted) => accepted === accepts[0]);
  const states = new RefinablePartition(
    isUniform ? new Int32Array(stateCount) : Int32Array.from(accepts),
  );
  const steps = new RefinablePartition(next.map((_, step) => step % classCount));
  const arrivals = arrivalsOf(next, stateCount);
  let statesDone = 1;
  for (let stepsDone = 0; stepsDone < steps.blockCount; stepsDone += 1) {
    for (const step of steps.elementsOf(stepsDone)) states.mark(Math.floor(step / classCount));
    states.split();
    for (; statesDone < states.blockCount; statesDone += 1) {
      for (const state of states.elementsOf(statesDone))
        arrivals(state, (step) => steps.mark(step));
      steps.split();
    }
  }
  return states;
}

/** Calls with each step that leads to a state. */
type Arrivals = (state: number, call: (step: number) => void) => void;

function arrivalsOf(next: Int32Array, stateCount: number): Arrivals {
  const ends = new Int32Array(stateCount + 1);
  for (const state of next) ends[state + 1] = (ends[state + 1] ?? 0) + 1;
  for (let state = 0; state < stateCount; state += 1) {
    ends[state + 1] = (ends[state + 1] ?? 0) + (ends[state] ?? 0);
  }
  const filled = Int32Array.from(ends);
  const sorted = new Int32Array(next.length);
  for (const [step, state] of next.entries()) {
    const place = filled[state] ?? 0;
    sorted[place] = step;
    filled[state] = place + 1;
  }
  return (state, call) => {
    const end = ends[state + 1] ?? 0;
    for (let place = ends[state] ?? 0; place < end; place += 1) call(sorted[place] ?? 0);
  };
}

function mergeClasses(dfa: Dfa): Dfa {
  const { alphabet, stateCount } = dfa;
  const firsts = new Map<string, number>();
  const equals = Array.from({ length: alphabet.classCount }, (_, label) => {
    const column = Array.from({ length: stateCount }, (_, state) => stepOf(dfa, state, label));
    const key = column.join();
    const first = firsts.get(key) ?? label;
    firsts.set(key, first);
    return first;
  });
  const merged = alphabetFrom(
    alphabet.starts,
    alphabet.classes.map((label) => equals[label] ?? 0),
  );
  // The new classes are counted in the order in which their ranges begin.
  const originals = [...new Set(alphabet.classes.map((label) => equals[label] ?? 0))];
  const next = new Int32Array(stateCount * merged.classCount);
  for (let state = 0; state < stateCount; state += 1) {
    for (const [label, original] of originals.entries()) {
      next[state * merged.classCount + label] = stepOf(dfa, state, original);
    }
  }
  return { ...dfa, alphabet: merged, next };
}
