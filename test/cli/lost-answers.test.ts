import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type Fault, faultProxy } from '#test/api-client/fault-proxy';
import { type Ended, nobody, runCommandLine } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const JOB = JSON.stringify({
  id: 'orders.check',
  name: 'Check orders',
  kind: 'validation',
  trigger: { type: 'MANUAL' },
});

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => await registry[Symbol.asyncDispose]());

async function atlas(line: string, url: string): Promise<Ended> {
  return await runCommandLine([...line.split(' '), '--url', url], { stdin: JOB });
}

/** The registry, with a connection that loses the answer of every write. */
async function losing(fault: Fault) {
  return await faultProxy(registry.api.url, ({ method }) => (method === 'GET' ? 'none' : fault));
}

describe('a command whose answer is lost', () => {
  it.each<Fault>(['cut-answer', { status: 502 }])(
    'names the key to run it again with, and that gives the first answer: %j',
    async (fault) => {
      await using proxy = await losing(fault);
      const tenant = `t${newId()}`;
      const line = `dataset register a --fingerprint v1 --tenant ${tenant} --json`;
      const lost = await atlas(line, proxy.url);
      expect([lost.code, lost.stdout]).toEqual([3, '']);
      const [, key] =
        /Next: it may have been done: run it again with the same --idempotency-key ([0-9a-f]{32})\n$/.exec(
          lost.stderr,
        ) ?? [];
      expect(key, lost.stderr).toBeDefined();
      const sent = proxy.requests.map(({ headers }) => headers['idempotency-key']);
      expect(new Set(sent)).toEqual(new Set([key]));
      const again = await atlas(`${line} --idempotency-key ${key}`, registry.api.url);
      expect([again.code, JSON.parse(again.stdout).existing]).toEqual([0, false]);
    },
  );

  it('is finished under the key that it named, steps and all', async () => {
    const tenant = `t${newId()}`;
    let writes = 0;
    await using proxy = await faultProxy(registry.api.url, ({ method }) =>
      method === 'POST' && (writes += 1) > 1 ? 'cut-answer' : 'none',
    );
    const line = `job define - --activate --tenant ${tenant}`;
    const lost = await atlas(line, proxy.url);
    const [, key] = /--idempotency-key (\S+)\n$/.exec(lost.stderr) ?? [];
    const again = await atlas(`${line} --idempotency-key ${key}`, registry.api.url);
    expect(again).toMatchObject({ code: 0, stdout: 'orders.check 1.0.0 defined: active\n' });
  });

  it('names a key that was given', async () => {
    await using proxy = await losing('cut-before');
    const line = 'dataset register a --fingerprint v1 --idempotency-key nightly-1';
    expect((await atlas(line, proxy.url)).stderr).toMatch(/--idempotency-key nightly-1\n$/);
  });

  it('is told apart from one that nobody has taken', async () => {
    const { code, stderr } = await atlas('dataset register a --fingerprint v1', await nobody());
    expect(code).toBe(3);
    expect(stderr).toMatch(/Next: start one with "atlas-registry serve"/);
    expect(stderr).not.toContain('--idempotency-key');
  });
});
