import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePorts } from '#flow/free-ports';
import { startConfiguredNats } from '#test/support/doctor-bed';
import { natsBinary } from '#test/support/nats';
import { startTestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

it('a reader behind a leaf node without JetStream shows what a writer at the hub has written', async () => {
  using folder = tempFolder();
  const [leafPort = 0, port = 0, http = 0] = await freePorts(3);
  const listen = `leafnodes { listen: "127.0.0.1:${leafPort}" }`;
  await using hub = await startConfiguredNats(listen, 'sync_interval: always, domain: hub');
  const config = join(folder.path, 'leaf.conf');
  const remote = `leafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${leafPort}" }] }`;
  const mappings = 'mappings { "$JS.API.>": "$JS.hub.API.>" }';
  const ports = `listen: "127.0.0.1:${port}"\nhttp: "127.0.0.1:${http}"`;
  writeFileSync(config, `${ports}\n${remote}\n${mappings}\n`);
  const leaf = spawn(await natsBinary(), ['-c', config], { stdio: 'ignore' });
  const ended = new Promise((resolve) => leaf.once('exit', resolve));
  try {
    await eventually('the leaf to be joined', async () => {
      const answer = await fetch(`http://127.0.0.1:${http}/leafz`);
      return ((await answer.json()) as { leafnodes: number }).leafnodes === 1;
    });
    const shared = { ATLAS_STORE_FOLDER: join(folder.path, 'store'), ATLAS_LOG_LEVEL: 'silent' };
    await using writer = await startTestRegistry({ ...shared, NATS_URL: `nats://${hub.address}` });
    await using reader = await startTestRegistry({
      ...shared,
      ATLAS_ROLE: 'reader',
      NATS_URL: `nats://127.0.0.1:${port}`,
    });
    for (const name of ['first', 'second']) {
      const body = { name, schema_fingerprint: 'f' };
      const { position } = await writer.api.post('/registry/datasets', body);
      const least = { 'Atlas-Min-Position': String(position) };
      const seen = await reader.api.get(`/registry/datasets/${name}`, least);
      expect(seen.json).toMatchObject({ name });
    }
  } finally {
    leaf.kill('SIGKILL');
    await ended;
  }
});
