import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Balancer } from '#cluster/balancer';
import { openStream, readBack } from '#cluster/read-back';
import { SteadyReader } from '#cluster/steady-reader';
import { SteadyWriter } from '#cluster/steady-writer';
import { compareViews } from '#compose/drills/compare-views';
import { newId } from '#flow/new-id';
import { Api } from '#test/support/api';
import { type ClusterUnderTest, startCluster } from '#test/support/cluster';
import { eventually } from '#test/support/wait';

// `make rolling-restarts` asks for more, over three brokers.
const RESTARTS = Number(process.env['ROLLING_RESTARTS'] ?? 4);
const BROKERS = RESTARTS > 4 ? 3 : 1;

let under: ClusterUnderTest | undefined;
afterEach(async () => {
  await under?.[Symbol.asyncDispose]();
});

function urlsOf({ cluster }: ClusterUnderTest, role: string): string[] {
  return cluster.members.filter((member) => member.role === role).map(({ url }) => url);
}

describe('a cluster behind a balancer that looks at readiness', () => {
  it(`answers every request through ${RESTARTS} rolling restarts of writers and readers`, async () => {
    under = await startCluster({ brokers: BROKERS, writers: 2, readers: 2 });
    const { cluster } = under;
    const writers = await Balancer.start({ urls: urlsOf(under, 'writer') });
    const readers = await Balancer.start({ urls: urlsOf(under, 'reader') });
    const writer = new SteadyWriter({
      balancer: writers,
      perSecond: 50,
      names: 16,
      retries: false,
    });
    const reads = ['/registry/datasets?limit=1', '/catalog'].map(
      (path) => new SteadyReader({ balancer: readers, path, intervalMs: 10 }),
    );
    for (let i = 0; i < RESTARTS; i += 1) {
      const name = `${i % 2 === 0 ? 'writer' : 'reader'}-${(Math.floor(i / 2) % 2) + 1}`;
      const { url, role } = cluster.member(name);
      await cluster.restart(name);
      const balancer = role === 'writer' ? writers : readers;
      await eventually('the balancer to use it again', () => balancer.ready.includes(url));
    }
    await writer.stop();
    for (const read of reads) await read.stop();
    await Promise.all([writers.close(), readers.close()]);
    const answered = reads.reduce((sum, read) => sum + read.answered, 0);
    console.log(
      `${RESTARTS} restarts: ${writer.acknowledged.length} writes and ${answered} reads answered`,
    );
    expect([...writer.failures, ...reads.flatMap((read) => read.failures)]).toEqual([]);
    expect(writer.acknowledged.length).toBeGreaterThan(RESTARTS * 20);
    expect(answered).toBeGreaterThan(RESTARTS * 40);
    const log = openStream(await cluster.connect(), 'REGISTRY');
    expect(await readBack(log, writer.acknowledged)).toEqual({
      events: writer.acknowledged.length,
      lost: [],
      doubled: [],
    });
  }, 600_000);
});

describe('two writers, two readers and two projectors at once', () => {
  it('have views that equal the log, in Postgres, in the bucket and on every node', async () => {
    const size = { writers: 2, readers: 2, projectors: 2 };
    under = await startCluster(size, 'own');
    const apis = urlsOf(under, 'writer').map((url) => new Api(url));
    const at = (i: number): Api => apis[i % 2] ?? new Api('');
    for (let i = 0; i < 30; i += 1) {
      const key = newId();
      await Promise.all([
        at(i).post('/registry/datasets', { name: `both/${i % 7}`, schema_fingerprint: 'fp' }),
        at(i + 1).post('/registry/datasets', { name: `both/${i % 7}`, schema_fingerprint: 'fp' }),
        at(i).post('/registry/contracts', {
          name: `both.c${key.replaceAll('-', '')}`,
          version: 'v1',
          jsonSchema: { type: 'object' },
        }),
        at(i + 1).post('/registry/job-runs', { job: `both-${i % 3}` }),
      ]);
      // One of the two is always there to go on.
      if (i === 10) under.cluster.kill('projector-1', 'SIGKILL');
      if (i === 20) await under.cluster.start('projector-1');
    }
    const compared = await compareViews(under.cluster, join(under.folder, 'compared'));
    // The catalog of six nodes, the bucket, and two views in Postgres.
    expect(compared).toEqual({ compared: 9, differences: [] });
  });
});
