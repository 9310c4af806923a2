import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzSeed, startFuzzRegistry } from '#test/support/fuzz/fuzz-bed';
import { fuzzText, runFuzz } from '#test/support/fuzz/run-fuzz';
import type { TestRegistry } from '#test/support/registry';

const requests = Number(process.env['ATLAS_FUZZ_REQUESTS'] ?? 50_000);
const seed = fuzzSeed();
// What it writes stays: the log, the views, what is remembered of every name.
const GROWTH_MIB_MAX = 400;
// Fewer need not meet every operation.
const REQUESTS_FOR_ALL = 20_000;

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startFuzzRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('a registry that is sent whatever its document allows and forbids', () => {
  it(
    'gives no answer that its document does not describe, no 500, and does not grow without bound',
    async () => {
      const { url } = registry.registry;
      const report = await runFuzz({ url, requests, seed });
      console.log(fuzzText(report, { seed }));
      expect(report.faults.join('\n\n')).toBe('');
      expect(report.requests).toBe(requests);
      expect(report.end.rssMib - report.warm.rssMib).toBeLessThan(GROWTH_MIB_MAX);
      if (requests < REQUESTS_FOR_ALL) return;
      // Every operation was met on its good side too.
      const never = report.operations.filter((operation) => !report.successes.has(operation));
      expect(never).toEqual([]);
    },
    60_000 + requests * 20,
  );
});
