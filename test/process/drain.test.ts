import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const DRAIN_MS = 1_500;

let folder: TempFolder;
let registry: RegistryProcess;

beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe('a registry with a drain delay', () => {
  it('is not ready at once after SIGTERM, takes requests until the delay is over, and exits with 0', async () => {
    registry = startProcess(folder.path, { ATLAS_DRAIN_DELAY_MS: String(DRAIN_MS) });
    const { url } = await registry.ready();
    const before = await fetch(`${url}/readyz`);
    expect([before.status, before.headers.get('connection')]).toEqual([200, 'keep-alive']);
    await before.arrayBuffer();
    const begun = performance.now();
    registry.child.kill('SIGTERM');
    const draining = await eventually('readiness to say so', async () => {
      const response = await fetch(`${url}/readyz`);
      const body = (await response.json()) as { parts: unknown[] };
      return response.status === 503 ? { response, body } : undefined;
    });
    expect(performance.now() - begun).toBeLessThan(DRAIN_MS);
    expect(draining.response.headers.get('connection')).toBe('close');
    expect(draining.body.parts).toContainEqual({
      name: 'node',
      ready: false,
      detail: 'it is shutting down',
    });
    const written = await fetch(`${url}/registry/datasets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `late/${newId()}`, schema_fingerprint: 'fp' }),
    });
    expect([written.status, written.headers.get('connection')]).toEqual([201, 'close']);
    expect(await registry.exit).toBe(0);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(DRAIN_MS);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('goes on with event streams while it drains, and ends them with it', async () => {
    registry = startProcess(folder.path, { ATLAS_DRAIN_DELAY_MS: String(DRAIN_MS) });
    const { url } = await registry.ready();
    const stream = await fetch(`${url}/registry/events?from=1`);
    const ended = stream.text();
    const begun = performance.now();
    registry.child.kill('SIGTERM');
    await ended;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(DRAIN_MS - 100);
    expect(await registry.exit).toBe(0);
  });
});
