import { rmSync } from 'node:fs';
import type { Drill, DrillHost } from '#cli/drill/drill';
import type { Broker } from '#clients/nats';
import { copyOf } from '#cluster/stream-copy';
import { leaderOf } from '#cluster/stream-leaders';
import {
  measured,
  onScratchCluster,
  type ScratchCluster,
  untilWritten,
  WRITES_PER_SECOND,
} from '#compose/drills/scratch-cluster';
import { systemClock } from '#flow/clock';

const SIZE = { brokers: 3, writers: 2, readers: 2, projectors: 1 };
const KILLED_MS_MAX = 8_000;
const STOPPED_MS_MAX = 1_500;
const STREAM = 'REGISTRY';
const LEADER_MS = 30_000;
const LOOK_MS = 20;

/** Loses the broker that leads the log: by kill -9, by a stop, and with its disk. */
export const NODE_LOSS: Drill = {
  name: 'node-loss',
  summary:
    'Lose brokers of a cluster of its own, and measure for how long nothing is written and read.',
  about: `Starts a cluster of its own in a temporary folder: 3 brokers, 2 writers, 2 readers, a projector. While clients write
${WRITES_PER_SECOND} times a second and read from every reader, it kills the broker that leads the log, stops the next one,
and takes the disk of a third away. Touches nothing of the registry that the settings name.`,
  options: [
    { flags: '--postgres', description: 'with a Postgres of its own, where one is installed' },
  ],
  run: async (host) => {
    await onScratchCluster(host, SIZE, async (scratch) => {
      await killed(scratch);
      await stopped(scratch);
      await withoutDisk(scratch);
    });
  },
};

async function killed(scratch: ScratchCluster): Promise<void> {
  const { cluster, host } = scratch;
  const fault = 'kill -9 of the broker that leads';
  const leader = await leaderIn(scratch);
  const { writeMs } = await measured(scratch, fault, async () => {
    cluster.kill(leader, 'SIGKILL');
    await cluster.ended(leader);
    await untilWritten(scratch, 1);
    return `${leader} was killed, ${await leaderIn(scratch)} leads`;
  });
  withinLimit(host, { fault, ms: writeMs, max: KILLED_MS_MAX });
  await comesBack(scratch, leader);
}

async function stopped(scratch: ScratchCluster): Promise<void> {
  const { cluster, host } = scratch;
  const fault = 'stop of the broker that leads';
  const leader = await leaderIn(scratch);
  const { writeMs } = await measured(scratch, fault, async () => {
    await cluster.stop(leader);
    await untilWritten(scratch, 1);
    return `${leader} was stopped, ${await leaderIn(scratch)} leads`;
  });
  withinLimit(host, { fault, ms: writeMs, max: STOPPED_MS_MAX });
  await comesBack(scratch, leader);
}

async function withoutDisk(scratch: ScratchCluster): Promise<void> {
  const { cluster, host, writer } = scratch;
  const leader = await leaderIn(scratch);
  const { name, folder } =
    cluster.members.find((member) => member.role === 'broker' && member.name !== leader) ??
    cluster.member(leader);
  await host.step(`lose the disk of ${name}`, async () => {
    await cluster.stop(name);
    // Both others hold whatever is acknowledged from here on: what it alone shared with one of them they share by now.
    await untilWritten(scratch, WRITES_PER_SECOND);
    rmSync(folder, { recursive: true });
    return `${name} was stopped, and what it held is deleted`;
  });
  await comesBack(scratch, name);
  await writer.stop();
  await host.step('compare the copies of every broker', async () => {
    const broker = await cluster.connect();
    const brokers = cluster.members.filter(({ role }) => role === 'broker');
    const copies: string[] = [];
    for (const member of brokers) copies.push(await copyOf(broker, STREAM, member.name));
    const text = brokers.map((member, i) => `${member.name}: ${copies[i]}`).join('; ');
    host.check('every broker holds the same', new Set(copies).size === 1, text);
    return text;
  });
}

async function comesBack(scratch: ScratchCluster, name: string): Promise<void> {
  const { cluster, host } = scratch;
  await host.step(`bring ${name} back`, async () => {
    const begun = performance.now();
    await cluster.start(name);
    const ms = performance.now() - begun;
    await untilWritten(scratch, WRITES_PER_SECOND);
    return `it holds what the others hold after ${Math.round(ms)} ms`;
  });
}

/** Says who leads the log. Right after a loss nobody does, and nobody answers. */
async function leaderIn({ cluster, host }: ScratchCluster): Promise<string> {
  const deadline = systemClock.monotonicMs() + LEADER_MS;
  let broker: Broker | undefined;
  while (systemClock.monotonicMs() < deadline) {
    host.signal.throwIfAborted();
    broker ??= await cluster.connect().catch(() => undefined);
    const leader = broker && (await leaderOf(broker.jsm, STREAM).catch(() => undefined));
    if (leader !== undefined) return leader;
    await systemClock.sleep(LOOK_MS);
  }
  throw new Error(
    `Cannot tell who leads stream "${STREAM}": nobody does within ${LEADER_MS / 1_000} s (want two of three brokers)`,
  );
}

function withinLimit(
  host: DrillHost,
  { fault, ms, max }: { readonly fault: string; readonly ms: number; readonly max: number },
): void {
  host.check(
    `writes go on soon: ${fault}`,
    ms < max,
    `${Math.round(ms)} ms (want less than ${max})`,
  );
}
