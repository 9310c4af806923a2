import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from '#test/support/api';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { type SmallDisk, smallDisk } from '#test/support/small-disk';
import { eventually } from '#test/support/wait';

const MB = 1_000_000;
let disk: SmallDisk;
let registry: RegistryProcess | undefined;

beforeEach(() => {
  disk = smallDisk(80 * MB);
});
afterEach(async () => {
  await registry?.[Symbol.asyncDispose]();
  await eventually('the disk to be free', () => disk.unmount());
});

async function start(freeBytesMin: number): Promise<Api> {
  registry = startProcess(join(disk.path, 'data'), {
    ATLAS_LOG_LEVEL: 'error',
    ATLAS_WRITE_TIMEOUT_MS: '1000',
    ATLAS_PUBLISH_TIMEOUT_MS: '300',
    ATLAS_DISK_FREE_BYTES_MIN: String(freeBytesMin),
  });
  return await registry.ready();
}

/** Fills the disk until so many bytes are left. */
function fill(left: number): void {
  const { bavail, bsize } = statfsSync(disk.path);
  writeFileSync(join(disk.path, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - left)));
}

const register = (api: Api, i: number) => {
  const objects = Array.from({ length: 50 }, (_, k) => ({
    key: `${k}`,
    sha256: 'a'.repeat(64),
    bytes: k,
  }));
  return api.post('/registry/datasets', { name: `d/${i}`, schema_fingerprint: 'fp', objects });
};

/** Writes until writes are refused; gives what was acknowledged and how it was refused. */
async function writeUntilRefused(
  api: Api,
): Promise<{ acknowledged: number[]; refusals: string[] }> {
  const [acknowledged, refusals]: [number[], string[]] = [[], []];
  for (let i = 1; i <= 200 && refusals.length < 3; i += 1) {
    const answer = await register(api, i);
    if (answer.status === 201) acknowledged.push(i);
    else refusals.push(`${answer.status} ${answer.json.code} ${answer.json.outcome}`);
  }
  return { acknowledged, refusals };
}

async function expectAllThere(api: Api, numbers: readonly number[]): Promise<void> {
  for (const i of numbers) {
    await eventually(
      `d/${i}`,
      async () => (await api.get(`/registry/datasets/d/${i}`)).status === 200,
    );
  }
}

describe('a disk that fills up while the registry runs', () => {
  it('refuses writes as not applied before the broker meets the end, and goes on when there is room', async () => {
    const api = await start(8 * MB);
    await register(api, 0);
    fill(4 * MB);
    await eventually('writes to be refused', async () => (await register(api, 0)).status === 507);
    const { acknowledged, refusals } = await writeUntilRefused(api);
    expect(acknowledged).toEqual([]);
    expect(new Set(refusals)).toEqual(new Set(['507 LOG_FULL not-applied']));
    await expectAllThere(api, [0]);
    rmSync(join(disk.path, 'filler'));
    await eventually('writes to go on', async () => (await register(api, 1)).status === 201);
  });

  it('loses nothing when the broker itself met the end of the disk, and writes again when there is room', async () => {
    const api = await start(0);
    await register(api, 0);
    fill(60_000);
    const { acknowledged, refusals } = await writeUntilRefused(api);
    expect(refusals.join()).toMatch(/503 OUTCOME_UNKNOWN unknown|507 LOG_FULL not-applied/);
    await expectAllThere(api, [0]);
    rmSync(join(disk.path, 'filler'));
    await eventually(
      'writes to go on',
      async () => (await register(api, 1_000)).status < 300,
      60_000,
    );
    await expectAllThere(api, [0, ...acknowledged, 1_000]);
    registry?.child.kill('SIGTERM');
    expect(await registry?.exit).toBe(0);
    const again = await start(0);
    await expectAllThere(again, [0, ...acknowledged, 1_000]);
  }, 180_000);
});
