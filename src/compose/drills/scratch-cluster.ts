import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillHost } from '#cli/drill/drill';
import { Balancer } from '#cluster/balancer';
import type { Cluster } from '#cluster/cluster';
import type { ClusterSize } from '#cluster/cluster-ports';
import { openStream, readBack } from '#cluster/read-back';
import { SteadyReader } from '#cluster/steady-reader';
import { SteadyWriter } from '#cluster/steady-writer';
import { startScratchCluster } from '#compose/cluster';
import { compareViews } from '#compose/drills/compare-views';
import { systemClock } from '#flow/clock';

/** A cluster that a drill may break, with clients that write and read all the time. */
export interface ScratchCluster {
  readonly cluster: Cluster;
  readonly writer: SteadyWriter;
  /** Of each reader alone: what one misses another does not make good. */
  readonly reads: readonly SteadyReader[];
  readonly host: DrillHost;
}

export const WRITES_PER_SECOND = 50;
const NAMES = 32;
const READ_EVERY_MS = 20;
const POLL_MS = 20;

/** Starts a cluster of its own in a temporary folder, runs the drill on it, and leaves nothing behind. */
export async function onScratchCluster(
  host: DrillHost,
  size: ClusterSize,
  drill: (scratch: ScratchCluster) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-drill-'));
  const postgres = host.flags['postgres'] === true ? 'own' : 'none';
  const open: { close: () => Promise<unknown> }[] = [];
  try {
    let cluster: Cluster | undefined;
    await host.step('start a cluster of its own', async () => {
      cluster = await startScratchCluster(host.config, { folder, size, postgres });
      open.push(cluster);
      return `${cluster.members.map(({ name }) => name).join(', ')} in ${folder}`;
    });
    if (cluster === undefined) return;
    const writers = await Balancer.start({ urls: urlsOf(cluster, 'writer') });
    open.push(writers);
    const writer = new SteadyWriter({
      balancer: writers,
      perSecond: WRITES_PER_SECOND,
      names: NAMES,
      retries: true,
    });
    open.push({ close: () => writer.stop() });
    const reads: SteadyReader[] = [];
    for (const url of urlsOf(cluster, 'reader')) {
      const balancer = await Balancer.start({ urls: [url] });
      const read = new SteadyReader({ balancer, path: '/catalog', intervalMs: READ_EVERY_MS });
      reads.push(read);
      open.push(balancer, { close: () => read.stop() });
    }
    await drill({ cluster, writer, reads, host });
    await finish({ cluster, writer, reads, host }, join(folder, 'compared'));
  } finally {
    for (const one of open.toReversed()) await one.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until so many more writes were acknowledged than now. @throws when the drill is stopped, or they do not come in time */
export async function untilWritten(
  { writer, host }: ScratchCluster,
  count: number,
  timeoutMs = 60_000,
): Promise<void> {
  const wanted = writer.acknowledged.length + count;
  const deadline = systemClock.monotonicMs() + timeoutMs;
  while (writer.acknowledged.length < wanted) {
    host.signal.throwIfAborted();
    if (systemClock.monotonicMs() > deadline)
      throw new Error(
        `Cannot go on: ${writer.acknowledged.length} writes were acknowledged within ${timeoutMs / 1_000} s (want ${wanted}; the last failure: ${writer.failures.at(-1) ?? 'none'})`,
      );
    await systemClock.sleep(POLL_MS);
  }
}

/** Begins to measure, lets the fault happen, and notes for how long nothing was written and nothing was read. */
export async function measured(
  scratch: ScratchCluster,
  fault: string,
  happen: () => Promise<string>,
): Promise<{ readonly writeMs: number; readonly readMs: number }> {
  const { writer, reads, host } = scratch;
  const gaps = { writeMs: 0, readMs: 0 };
  await host.step(fault, async () => {
    await untilWritten(scratch, WRITES_PER_SECOND);
    const failed = reads.reduce((sum, read) => sum + read.failures.length, 0);
    writer.gap.take();
    for (const read of reads) read.gap.take();
    const seen = await happen();
    // What was under way when it happened is answered too.
    await untilWritten(scratch, WRITES_PER_SECOND * 2);
    gaps.writeMs = writer.gap.take();
    gaps.readMs = Math.max(...reads.map((read) => read.gap.take()));
    const failedNow = reads.reduce((sum, read) => sum + read.failures.length, 0) - failed;
    const text = `${seen}; no write for ${Math.round(gaps.writeMs)} ms, no read for ${Math.round(gaps.readMs)} ms, ${failedNow} reads failed`;
    host.check(`reads go on: ${fault}`, failedNow === 0, `${failedNow} reads failed`);
    return text;
  });
  host.figure(`write gap: ${fault}`, gaps.writeMs, 'ms');
  host.figure(`read gap: ${fault}`, gaps.readMs, 'ms');
  return gaps;
}

/** Looks whether the log holds what was acknowledged, and every view what the log says. */
async function finish(
  { cluster, writer, reads, host }: ScratchCluster,
  folder: string,
): Promise<void> {
  await host.step('look for every acknowledged write in the log', async () => {
    await writer.stop();
    await Promise.all(reads.map((read) => read.stop()));
    const log = openStream(await cluster.connect(), 'REGISTRY');
    const { events, lost, doubled } = await readBack(log, writer.acknowledged);
    const written = writer.acknowledged.length;
    host.figure('writes acknowledged', written, 'writes');
    host.figure('acknowledged writes lost', lost.length, 'writes');
    host.check('nothing is lost', lost.length === 0, `${lost.length} of ${written} writes`);
    host.check('nothing is doubled', doubled.length === 0, `${doubled.length} of ${events} events`);
    return `${written} writes, ${events} events, ${writer.failures.length} requests sent again`;
  });
  await host.step('compare every view with the log', async () => {
    const { compared, differences } = await compareViews(cluster, folder);
    const detail = differences.length === 0 ? `${compared} views` : differences.join('; ');
    host.check('views equal the log', differences.length === 0, detail);
    return `${compared} views compared`;
  });
}

function urlsOf({ members }: Cluster, role: string): readonly string[] {
  return members.filter((member) => member.role === role).map(({ url }) => url);
}
