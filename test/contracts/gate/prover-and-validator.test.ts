import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSchemas } from '#contracts/containment/compare-schemas';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import { documentValidator } from '#contracts/validation/validate-document';
import { randomDocuments } from '#test/contracts/gate/random-documents';
import { type RandomPair, randomPairs } from '#test/contracts/gate/random-schemas';

const PAIRS = 2_000;
const DOCUMENTS = 40;
const STEPS_MAX = 20_000;
/** After that no smaller pair is looked for, and no other one. */
const SEARCH_MS = 120_000;

describe('the prover and the validator', () => {
  it('agree on random schemas: no document refutes what is proved, and what refutes is accepted and refused', () => {
    const tally: Tally = { contained: 0, refuted: 0, unknown: 0, documents: 0, undecided: 0 };
    const property = fc.property(randomPairs(), (pair) => {
      checkPair(pair, tally);
    });
    fc.assert(property, { numRuns: PAIRS, interruptAfterTimeLimit: SEARCH_MS });
    console.log(`${PAIRS} pairs: ${JSON.stringify(tally)}`);
    expect(tally.contained).toBeGreaterThan(tally.unknown);
    expect(tally.refuted).toBeGreaterThan(tally.undecided);
    expect(tally.documents).toBeGreaterThan(2 * tally.contained);
  }, 300_000);
});

type Tally = Record<'contained' | 'documents' | 'refuted' | 'undecided' | 'unknown', number>;

function checkPair({ dialect, inner, outer, seed }: RandomPair, tally: Tally): void {
  const [first, second] = [new SchemaSet(inner), new SchemaSet(outer)];
  const found = compareSchemas(first, second, { assertsFormats: false, stepsMax: STEPS_MAX });
  tally[found.kind] += 1;
  if (found.kind === 'unknown') return;
  const writer = documentValidator(inner, { dialect, assertsFormats: false });
  const reader = documentValidator(outer, { dialect, assertsFormats: false });
  if (found.kind === 'refuted') {
    const verdicts = [writer(found.counterExample).kind, reader(found.counterExample).kind];
    if (verdicts.includes('undecided')) tally.undecided += 1;
    else expect(verdicts, JSON.stringify(found.counterExample)).toEqual(['valid', 'invalid']);
    return;
  }
  const documents = [
    ...randomDocuments(first, DOCUMENTS / 2, seed),
    ...randomDocuments(second, DOCUMENTS / 2, seed + 1),
  ];
  for (const document of documents) {
    if (writer(document).kind !== 'valid') continue;
    tally.documents += 1;
    expect(reader(document).kind, JSON.stringify(document)).not.toBe('invalid');
  }
}
