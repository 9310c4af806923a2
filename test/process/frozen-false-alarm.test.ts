import { expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { startTestNats } from '#test/support/nats';
import { startTestCluster } from '#test/support/nats-cluster';
import { registration } from '#test/support/registration';
import { startTestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

async function untilWritten(api: Api): Promise<void> {
  await eventually(
    'a write to be taken',
    async () => (await api.post('/registry/datasets', registration(`a/${newId()}`))).status === 201,
    40_000,
  );
}

it('a broker that is killed and comes back as it was freezes nothing', async () => {
  await using nats = await startTestNats({ provision: false });
  await using node = await startTestRegistry({
    NATS_URL: nats.server.url.replace('//', `//${nats.server.token}@`),
    ATLAS_LOG_CHECK_MS: '2000',
    ATLAS_LOG_LEVEL: 'silent',
  });
  for (let round = 0; round < 4; round += 1) {
    await untilWritten(node.api);
    const before = nats.server.pid();
    nats.kill();
    await eventually('another process', () => nats.server.pid() !== before);
  }
  await untilWritten(node.api);
  expect((await fetch(`${node.api.url}/catalog`)).headers.get('atlas-stale')).toBeNull();
});

it('leaders of a cluster that are killed again and again under writes freeze no node', async () => {
  await using cluster = await startTestCluster();
  const env = {
    NATS_URL: cluster.urls.join(','),
    ATLAS_STREAM_REPLICAS: '3',
    ATLAS_LOG_LEVEL: 'silent',
  };
  await using writer = await startTestRegistry(env);
  await using reader = await startTestRegistry({ ...env, ATLAS_ROLE: 'reader' });
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 10; i += 1) await untilWritten(writer.api);
    const leader = await cluster.leaderOf('REGISTRY');
    cluster.signal(leader, 'SIGKILL');
    await untilWritten(writer.api);
    cluster.restart(leader);
    await untilWritten(writer.api);
  }
  const { position } = await writer.api.get('/catalog');
  await eventually('the reader to show it', async () => {
    return (await reader.api.get('/catalog')).position === position;
  });
  for (const { api } of [writer, reader]) {
    expect((await fetch(`${api.url}/catalog`)).headers.get('atlas-stale')).toBeNull();
    expect(JSON.stringify((await api.get('/readyz')).json)).not.toMatch(/halted/);
  }
}, 180_000);
