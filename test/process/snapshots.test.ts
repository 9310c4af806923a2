import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '#test/support/process';
import { registration } from '#test/support/registration';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

it('a registry whose views were removed begins with the snapshots in its store', async () => {
  using folder = tempFolder();
  const env = { ATLAS_SNAPSHOTS: 'on', ATLAS_LOG_LEVEL: 'info' };
  {
    await using first = startProcess(folder.path, env);
    const api = await first.ready();
    await api.post('/registry/datasets', registration('snap/shot'));
    const run = await api.post('/registry/job-runs', { job: 'load', kind: 'load' });
    expect(run.status).toBe(201);
    for (const view of ['catalog', 'registry-stores', 'job-runs'])
      await eventually(`a snapshot of ${view}`, () => {
        const stored = join(folder.path, 'store', 'snapshots', view);
        return existsSync(stored) && readdirSync(stored).some((name) => name.endsWith('.json'));
      });
    first.child.kill('SIGTERM');
    await first.exit;
  }
  rmSync(join(folder.path, 'views'), { recursive: true });
  await using second = startProcess(folder.path, env);
  const api = await second.ready();
  expect((await api.get('/registry/datasets/snap/shot')).status).toBe(200);
  expect((await api.get('/registry/job-runs')).json.job_runs).toHaveLength(1);
  const restored = second.stderr().match(/view begins with a snapshot/g) ?? [];
  expect(
    restored.length + (second.stdout().match(/view begins with a snapshot/g) ?? []).length,
  ).toBe(3);
});
