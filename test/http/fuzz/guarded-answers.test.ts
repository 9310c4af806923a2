import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUZZ_SETTINGS, fuzzSeed } from '#test/support/fuzz/fuzz-bed';
import { fuzzText, runFuzz } from '#test/support/fuzz/run-fuzz';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';

const requests = Math.ceil(Number(process.env['ATLAS_FUZZ_REQUESTS'] ?? 50_000) / 10);
const seed = fuzzSeed();

let registry: GuardedRegistry;
beforeAll(async () => {
  registry = await startGuardedRegistry(FUZZ_SETTINGS);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('a registry that asks for tokens', () => {
  it(
    'gives no answer that its document does not describe to a token with every scope',
    async () => {
      const headers = [['authorization', `Bearer ${await goodToken()}`]] as const;
      const report = await runFuzz({ url: registry.url, requests, seed, headers });
      console.log(fuzzText(report, { seed }));
      expect(report.faults.join('\n\n')).toBe('');
      expect(report.statuses['401']).toBeGreaterThan(0);
      expect(report.statuses['200']).toBeGreaterThan(requests / 10);
    },
    60_000 + requests * 20,
  );

  it('gives no answer that its document does not describe to a token that may only read', async () => {
    const scope = 'datasets:read contracts:read jobs:read';
    const headers = [['authorization', `Bearer ${await goodToken({ scope })}`]] as const;
    const report = await runFuzz({ url: registry.url, requests: 1_000, seed, headers });
    console.log(fuzzText(report, { seed }));
    expect(report.faults.join('\n\n')).toBe('');
    expect(report.statuses['403']).toBeGreaterThan(0);
    expect(report.statuses['201']).toBeUndefined();
  }, 120_000);
});
