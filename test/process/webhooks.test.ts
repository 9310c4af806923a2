import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type HookServer, startHookServer } from '#test/support/hook-server';
import { startTestNats } from '#test/support/nats';
import { startProcess } from '#test/support/process';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';
import { createHook, HOOKS_HERE, isSignedBy, positionsOf, register } from '#test/support/webhooks';

const BUSY_MS = 3;

/** Takes its time for each, and says how many it was sent at once. */
function slow(hook: HookServer): { readonly atOnceMax: () => number } {
  let [now, most] = [0, 0];
  hook.behave((response) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      response.end();
    }, BUSY_MS);
  });
  return { atOnceMax: () => most };
}

/** The positions in the order in which each came first. */
function firsts(hook: HookServer): number[] {
  return [...new Set(positionsOf(hook.requests))];
}

async function allOf(hook: HookServer, positions: readonly number[]): Promise<void> {
  const last = positions.at(-1);
  await eventually('the last event', () => firsts(hook).includes(last ?? 0) || undefined, 60_000);
}

describe('webhooks of a node that is killed', () => {
  it('go on where they were: nothing is lost, the order stays, what comes twice has the same id', async () => {
    using folder = tempFolder();
    await using hook = await startHookServer();
    slow(hook);
    const positions: number[] = [];
    let secret: string;
    {
      await using node = startProcess(folder.path, HOOKS_HERE);
      const api = await node.ready();
      ({ secret } = await createHook(api, hook.url, { kinds: ['dataset'] }));
      for (let n = 0; n < 120; n += 1) positions.push(await register(api));
      expect(hook.requests.length).toBeGreaterThan(0);
      node.child.kill('SIGKILL');
      await node.exit;
    }
    {
      await using node = startProcess(folder.path, HOOKS_HERE);
      const api = await node.ready();
      for (let n = 0; n < 5; n += 1) positions.push(await register(api));
      await allOf(hook, positions);
    }
    expect(firsts(hook)).toEqual(positions);
    const ids = new Map(
      hook.requests.map((r) => [JSON.parse(r.body).position, r.headers['webhook-id']]),
    );
    for (const request of hook.requests) {
      expect(isSignedBy(secret, request)).toBe(true);
      expect(request.headers['webhook-id']).toBe(ids.get(JSON.parse(request.body).position));
    }
  });
});

describe('webhooks on two nodes', () => {
  it('are delivered by one at a time, and by the other soon after the first was killed', async () => {
    using folders = tempFolder();
    await using nats = await startTestNats({ provision: false });
    await using hook = await startHookServer();
    const { atOnceMax } = slow(hook);
    const key = join(folders.path, 'key');
    writeFileSync(key, randomBytes(32).toString('hex'));
    const { url, token } = nats.server;
    const env = {
      ...HOOKS_HERE,
      NATS_URL: url.replace('//', `//${token}@`),
      ATLAS_WEBHOOK_KEY: key,
      ATLAS_REGISTRY_STORE: 'sqlite',
      ATLAS_JOB_RUN_STORE: 'sqlite',
    };
    await using first = startProcess(join(folders.path, 'a'), env);
    const firstApi = await first.ready();
    const { secret } = await createHook(firstApi, hook.url, { kinds: ['dataset'] });
    const positions = [await register(firstApi)];
    await allOf(hook, positions);
    await using second = startProcess(join(folders.path, 'b'), env);
    const secondApi = await second.ready();
    // Long enough for the second to have taken it, if it could.
    await delay(2 * Number(HOOKS_HERE.ATLAS_WEBHOOK_LEASE_MS));
    for (let n = 0; n < 60; n += 1)
      positions.push(await register(n % 2 === 0 ? firstApi : secondApi));
    first.child.kill('SIGKILL');
    await first.exit;
    for (let n = 0; n < 10; n += 1) positions.push(await register(secondApi));
    await allOf(hook, positions);
    expect(firsts(hook)).toEqual(positions);
    expect(atOnceMax()).toBe(1);
    expect(hook.requests.every((request) => isSignedBy(secret, request))).toBe(true);
  });
});
