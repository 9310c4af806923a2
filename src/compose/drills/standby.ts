import { join } from 'node:path';
import type { Drill, DrillHost } from '#cli/drill/drill';
import type { FollowStanding, OpenedStandby } from '#cli/standby-port';
import { scratchFolder, withSetup } from '#compose/drills/drill-bed';
import { compareSides } from '#compose/drills/standby-sides';
import { DrillWriter } from '#compose/drills/standby-writer';
import { ScratchBroker } from '#compose/scratch/scratch-broker';
import { until } from '#compose/scratch/scratch-process';
import { ScratchRegistry } from '#compose/scratch/scratch-registry';
import type { Setup } from '#compose/setup';
import { openStandby } from '#compose/standby';
import { freePorts } from '#flow/free-ports';
import type { Config } from '#ops/config/settings';

const WRITES = 200;
const CHECK_MS = 4_000;
const IN_STEP_MS = 30_000;
// Two looks, and the connection is renewed first.
const FROZEN_MS = CHECK_MS * 2 + 3_000;

const ABOUT = `
Starts two brokers and registries of its own in a temporary folder; the registry of the settings is not touched. Writes
to one while the other follows, kills it with SIGKILL, promotes the standby and writes on there; then the old one comes
back, with a node that has never stopped and one that is new: neither may take a write.`;

/** Loses the place of the log and goes on in the other one. */
export const STANDBY: Drill = {
  name: 'standby',
  summary: 'Lose the broker, promote its standby, and keep the old side from taking writes.',
  about: ABOUT.trim(),
  options: [
    {
      flags: '--under-writes',
      description: 'kill in the middle of writes: what had not been copied is lost, and named',
    },
  ],
  run: async (host) => await withSetup(host, async (setup) => await run(host, setup)),
};

/** What the parts of the drill share. */
interface Bed {
  readonly host: DrillHost;
  readonly setup: Setup;
  readonly folder: string;
  readonly primary: ScratchBroker;
  readonly standby: ScratchBroker;
  /** The settings of the commands, as an operator has them. */
  readonly config: Config;
  node(name: string, broker: ScratchBroker, port?: number): Promise<ScratchRegistry>;
}

async function run(host: DrillHost, setup: Setup): Promise<void> {
  const { signal } = host;
  const folder = scratchFolder(setup, undefined);
  await using primary = await ScratchBroker.open(host.config, join(folder, 'primary'), signal);
  await using standby = await ScratchBroker.open(host.config, join(folder, 'standby'), signal);
  const store = join(folder, 'store');
  const bed: Bed = {
    host,
    setup,
    folder,
    primary,
    standby,
    config: scratchConfig(host.config, { folder, primary, standby, store }),
    node: async (name, broker, port) => {
      const env = {
        NATS_URL: broker.url,
        ATLAS_STORE_FOLDER: store,
        ATLAS_LOG_CHECK_MS: String(CHECK_MS),
      };
      const { config } = host;
      const at = { signal, config, ...(port === undefined ? {} : { port }) };
      return await ScratchRegistry.open(join(folder, name), env, at);
    },
  };
  await using before = await bed.node('before', primary);
  const { written, killedAtMs } = await writeAndKill(bed, before);
  const promotedFrom = await promote(bed);
  {
    await using after = await bed.node('after', standby);
    await writeOn(bed, after, killedAtMs);
    await returnOfThePrimary(bed, before, { written, promotedFrom });
  }
}

function scratchConfig(
  config: Config,
  at: Pick<Bed, 'folder' | 'primary' | 'standby'> & { readonly store: string },
): Config {
  return {
    ...config,
    dataDir: join(at.folder, 'operator'),
    store: 'local',
    storeFolder: at.store,
    natsUrl: at.primary.url,
    standbyNatsUrl: at.standby.url,
    streamReplicas: 1,
    natsConnectTimeoutMs: 2_000,
    natsCreds: undefined,
    natsNkey: undefined,
    natsCa: undefined,
    natsCert: undefined,
    natsKey: undefined,
    natsInboxPrefix: undefined,
    standbyNatsCreds: undefined,
  };
}

async function opened<T>(bed: Bed, work: (standby: OpenedStandby) => Promise<T>): Promise<T> {
  const standby = await openStandby(bed.config, bed.host.logger);
  try {
    return await work(standby);
  } finally {
    await standby.release();
  }
}

/** Writes while the standby follows, then kills the broker. */
async function writeAndKill(bed: Bed, node: ScratchRegistry) {
  const { host } = bed;
  const isUnderWrites = host.flags['underWrites'] === true;
  return await opened(bed, async (standby) => {
    const stop = new AbortController();
    const seen = new Map<string, FollowStanding>();
    const following = standby.follow({
      signal: AbortSignal.any([stop.signal, host.signal]),
      onStanding: (standing) => seen.set(standing.stream, standing),
    });
    const writer = new DrillWriter(node);
    try {
      await host.step('write while the standby follows', async (show) => {
        await writer.write(WRITES, show);
        return `${WRITES} acknowledged`;
      });
      if (!isUnderWrites) await host.step('wait until it is in step', () => inStep(host, standby));
      const going = isUnderWrites ? writer.writeUntilRefused(WRITES) : undefined;
      await writer.reached(isUnderWrites ? WRITES * 2 : WRITES, host.signal);
      await noteLag(host, standby);
      await host.step('kill -9 the primary', async () => {
        await bed.primary.stop('SIGKILL');
        return `${writer.acknowledged.size} writes were acknowledged`;
      });
      const killedAtMs = performance.now();
      await going;
      return { written: writer.acknowledged, killedAtMs };
    } finally {
      stop.abort();
      await following;
    }
  });
}

async function inStep(host: DrillHost, standby: OpenedStandby): Promise<string> {
  const limits = { timeoutMs: IN_STEP_MS, signal: host.signal };
  return await until(
    'the standby is in step',
    async () => {
      const { streams } = await standby.standing();
      if (streams.some(({ events }) => events !== 0)) return undefined;
      return streams.map((one) => `${one.stream} at ${one.standby}`).join(', ');
    },
    limits,
  );
}

async function noteLag(host: DrillHost, standby: OpenedStandby): Promise<void> {
  const { streams } = await standby.standing();
  for (const { stream, events = Number.NaN, seconds = Number.NaN } of streams) {
    host.figure(`lag of ${stream} before`, events, 'events');
    host.figure(`lag of ${stream} before`, seconds, 's');
  }
}

/** Promotes the standby without its primary; gives the position of the registry's stream from which it goes on. */
async function promote(bed: Bed): Promise<number> {
  const { host } = bed;
  const options = { withoutFence: false, signal: host.signal };
  return await opened(bed, async (standby) => {
    const refused = await standby
      .promote({ ...options, acceptLoss: false })
      .then(() => undefined)
      .catch((error: unknown) => String(error));
    const detail = refused ?? 'it was promoted';
    host.check('without the primary it is refused', /accept-loss/.test(detail), detail);
    const begun = performance.now();
    let position = 0;
    await host.step('standby promote --accept-loss', async () => {
      const report = await standby.promote({ ...options, acceptLoss: true });
      position = report.streams.find(({ stream }) => stream === 'REGISTRY')?.position ?? 0;
      return `from position ${position} on, mark ${report.mark.number}`;
    });
    host.figure('time to promote', (performance.now() - begun) / 1_000, 's');
    return position;
  });
}

async function writeOn(bed: Bed, after: ScratchRegistry, killedAtMs: number): Promise<void> {
  await bed.host.step('write on', async (show) => {
    const writer = new DrillWriter(after, 'after');
    await writer.write(1, show);
    const seconds = (performance.now() - killedAtMs) / 1_000;
    bed.host.figure('from the loss to the first write, start of the node included', seconds, 's');
    await writer.write(WRITES, show);
    return `${writer.acknowledged.size} acknowledged`;
  });
}

/** Brings the old side back under a node that waits for it, and under a new one: nothing may be acknowledged. */
async function returnOfThePrimary(
  bed: Bed,
  before: ScratchRegistry,
  from: { readonly written: ReadonlySet<string>; readonly promotedFrom: number },
): Promise<void> {
  const { host, primary } = bed;
  await primary.start();
  const begun = performance.now();
  const writer = new DrillWriter(before, 'old');
  await host.step('the old primary comes back under a node', async () => {
    // Sent before the node can know, and again while it finds out.
    const trying = writer.tryUntilFrozen();
    const reason = await until('the node is frozen', () => promotedElsewhere(before), {
      timeoutMs: FROZEN_MS,
      signal: host.signal,
    });
    host.figure('from its return to FROZEN', (performance.now() - begun) / 1_000, 's');
    await trying;
    return reason;
  });
  {
    const [port] = await freePorts(1);
    await using fresh = await bed.node('fresh', primary, port);
    const answer = await new DrillWriter(fresh, 'fresh').refusedAs('FROZEN');
    host.check('a node that starts there is frozen', answer !== undefined, answer ?? 'it is not');
    const { acknowledged } = writer;
    const detail = `${acknowledged.size} of ${writer.tried} tries were acknowledged`;
    host.check('the old side takes no write', acknowledged.size === 0, detail);
  }
  await compareSides(bed, from);
}

async function promotedElsewhere(node: ScratchRegistry): Promise<string | undefined> {
  const { text } = await node.get('/readyz');
  return /another side was promoted at [^ ]+ from position \d+/.exec(text)?.[0];
}
