import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compareKeptViews, type KeptViews } from '#compose/drills/compare-kept-views';
import { newId } from '#flow/new-id';
import { Bed, type BedNode, type BedOptions } from '#test/faults/bed/bed';
import { PowerDisk } from '#test/faults/bed/power-disk';
import { checkRun, historyPath, keepRun, type RunFiles } from '#test/faults/check/check-run';
import { readLogged } from '#test/faults/check/logged-event';
import type { Violation } from '#test/faults/check/violation';
import { call } from '#test/faults/clients/call';
import { Follower } from '#test/faults/clients/follower';
import { runWorkload } from '#test/faults/clients/workload';
import { History } from '#test/faults/history';
import type { Fault } from '#test/faults/nemesis/fault';
import { runNemesis } from '#test/faults/nemesis/nemesis';
import { type FaultReport, reportOf } from '#test/faults/report';
import { openLog } from '#test/support/nats';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

export interface FaultRunOptions {
  /** Where the files of the run stay. */
  readonly folder: string;
  readonly bed: Omit<BedOptions, 'folder' | 'logs'>;
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly Fault[];
  readonly clients: number;
  /** Requests a second of each client at most. */
  readonly pacePerSecond: number;
  /** How many of a hundred requests are about bytes. Default 5. */
  readonly bytesPercent?: number;
  /** How long a client asks what became of a write that nobody knows of. Default 20 s. */
  readonly unknownMs?: number;
  readonly lastsMs: number;
  readonly restMs: number;
  /** How many faults are done at least, however long that takes. Default 0. */
  readonly faultsMin?: number;
  /** Whether everything has come back before the next fault. */
  readonly oneAtATime?: boolean;
  /** Whether everything lies on a disk whose power can be cut. */
  readonly withDisk?: boolean;
  /** How long everything may take to come back when the faults are over. Default 30 s. */
  readonly patienceMs?: number;
  readonly onFault?: (name: string, target: string, hadEffect: boolean) => void;
}

// A leader that was killed last has to be replaced first, and machines are slow.
const PATIENCE_MS = 30_000;
const BYTES_PERCENT = 5;
const UNKNOWN_MS = 20_000;
const FAULTS_TIMEOUT_MS = 60_000;
const REBUILD_MS_MAX = 600_000;

/** Runs clients beside faults, lets everything recover, and holds what was seen against every rule. */
export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const { folder, seed, patienceMs = PATIENCE_MS } = options;
  mkdirSync(folder, { recursive: true });
  using disk = options.withDisk === true ? new PowerDisk(join(folder, 'disk')) : undefined;
  const place = {
    folder: join(folder, 'bed'),
    logs: join(folder, 'logs'),
    ...(disk === undefined ? {} : { disk }),
  };
  await using bed = await Bed.start({ ...options.bed, ...place });
  const history = new History(historyPath(folder));
  const stopFollowing = new AbortController();
  const followed = bed.nodes.filter(({ role }) => role !== 'projector').slice(-2);
  const followers = followed.map((node) => {
    const { signal } = stopFollowing;
    return new Follower({ name: `follower of ${node.name}`, node, history, signal });
  });
  const began = performance.now();
  await workBesideFaults(bed, history, options);
  const seconds = (performance.now() - began) / 1_000;
  const stuck = await recovered(bed, followers, patienceMs);
  stopFollowing.abort();
  await Promise.all(followers.map(({ done }) => done));
  for (const { name: node, starts } of bed.nodes)
    for (const [index, atMs] of starts.entries())
      history.add({ kind: 'start', node, life: index + 1, atMs });
  history.flush();
  const files = { entries: history.entries, ...(await looked(bed, stuck, patienceMs)) };
  keepRun(folder, files);
  return reportOf({ seed, seconds, files, violations: checkRun(files) });
}

async function workBesideFaults(
  bed: Bed,
  history: History,
  options: FaultRunOptions,
): Promise<void> {
  const { seed, seconds, faults, lastsMs, restMs, onFault } = options;
  const { clients, pacePerSecond, bytesPercent = BYTES_PERCENT } = options;
  const { faultsMin = 0, oneAtATime = false, unknownMs = UNKNOWN_MS } = options;
  let done = 0;
  const [stopWork, stopFaults] = [new AbortController(), new AbortController()];
  const { signal } = stopWork;
  const work = runWorkload({
    bed,
    history,
    seed,
    clients,
    pacePerSecond,
    bytesPercent,
    unknownMs,
    signal,
  });
  const nemesis = runNemesis({
    bed,
    history,
    seed,
    faults,
    lastsMs,
    restMs,
    oneAtATime,
    signal: stopFaults.signal,
    onFault: (...fault) => {
      done += 1;
      onFault?.(...fault);
    },
  });
  await delay(seconds * 1_000);
  await within(FAULTS_TIMEOUT_MS, async () => done >= faultsMin);
  stopFaults.abort();
  await nemesis;
  // Some work after the last fault, and time to find out what became of what nobody knew.
  await delay(restMs);
  stopWork.abort();
  await work;
}

/** Waits until every writer writes and everybody has seen everything. Gives what did not come back. */
async function recovered(
  bed: Bed,
  followers: readonly Follower[],
  patienceMs: number,
): Promise<Violation[]> {
  const stuck: Violation[] = [];
  const positions = await Promise.all(
    bed.writers.map(async (node) => writesAgain(node, patienceMs)),
  );
  for (const [index, position] of positions.entries())
    if (position === undefined)
      stuck.push({
        rule: 'writes go on when faults are over',
        seen: `${bed.writers[index]?.name} did not take a write for ${patienceMs} ms`,
      });
  const last = Math.max(0, ...positions.map((position) => position ?? 0));
  const waits = bed.nodes.map(async (node) => {
    const shown = await within(patienceMs, async () => shows(node, last));
    return shown ? undefined : `${node.name} did not show ${last}`;
  });
  const followed = followers.map(async (follower, index) => {
    const came = await within(patienceMs, async () => follower.last >= last);
    return came ? undefined : `follower ${index} came to ${follower.last} of ${last}`;
  });
  for (const seen of await Promise.all([...waits, ...followed]))
    if (seen !== undefined) stuck.push({ rule: 'nodes catch up when faults are over', seen });
  return stuck;
}

async function writesAgain({ url }: BedNode, patienceMs: number): Promise<number | undefined> {
  let position: number | undefined;
  await within(patienceMs, async () => {
    const body = JSON.stringify({ name: `after/${newId()}`, schema_fingerprint: 'fp' });
    const answer = await call({ method: 'POST', url: `${url}/registry/datasets`, body });
    if (answer.status !== 201) return false;
    position = Number(answer.headers['atlas-position']);
    return true;
  });
  return position;
}

/** Whether a node is ready, every view of it, and shows a position. */
async function shows({ url }: BedNode, position: number): Promise<boolean> {
  const headers = { 'atlas-min-position': String(position) };
  const read = await call({ method: 'GET', url: `${url}/registry/datasets?limit=1`, headers });
  const ready = await call({ method: 'GET', url: `${url}/readyz` });
  return read.status === 200 && ready.status === 200 && !ready.text.includes('"ready":false');
}

async function within(timeoutMs: number, check: () => Promise<boolean>): Promise<boolean> {
  return await eventually('it', check, timeoutMs).catch(() => false);
}

/** Reads both logs and, when the nodes have stopped, their views. */
async function looked(
  bed: Bed,
  stuck: readonly Violation[],
  patienceMs: number,
): Promise<Omit<RunFiles, 'entries'>> {
  const broker = await bed.brokers.connect();
  const logs = { REGISTRY: openLog(broker), JOBS: openLog(broker, { stream: 'JOBS' }) };
  try {
    // What the shared views of the nodes have not seen they would miss when they are stopped.
    const jobs = (await logs.JOBS.head()).last;
    const registry = (await logs.REGISTRY.head()).last;
    for (const [part, last] of [
      ['job-runs', jobs],
      ['registry-stores', registry],
      ['contracts-kv', registry],
    ] as const)
      await within(patienceMs, async () => allAt(bed.nodes, part, last));
    await Promise.all(bed.nodes.map(async ({ process }) => process.end('SIGTERM')));
    return {
      registry: await readLogged(logs.REGISTRY),
      jobs: await readLogged(logs.JOBS),
      ...(await viewsOf(bed, { broker, logs }, stuck)),
    };
  } finally {
    logs.REGISTRY.close();
    logs.JOBS.close();
    await broker.close();
  }
}

/** A log that cannot be folded is a violation too. */
async function viewsOf(
  bed: Bed,
  from: Pick<KeptViews, 'broker' | 'logs'>,
  stuck: readonly Violation[],
): Promise<Pick<RunFiles, 'stuck' | 'views'>> {
  using scratch = tempFolder();
  try {
    const views = await compareKeptViews({
      ...from,
      nodes: bed.nodes.map(({ name, dataDir }) => ({ name, dataFolder: dataDir })),
      replicas: bed.brokers.ports.length,
      databaseUrl: bed.postgres?.url,
      scratch: scratch.path,
      rebuildMsMax: REBUILD_MS_MAX,
    });
    return { stuck, views };
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    return { stuck: [...stuck, { rule: 'views equal the fold of the log', seen }], views: [] };
  }
}

interface Readiness {
  readonly parts?: readonly { readonly name: string; readonly position?: number }[];
}

/** Whether a view of every node that keeps one has come to a position. */
async function allAt(nodes: readonly BedNode[], view: string, position: number): Promise<boolean> {
  for (const { url } of nodes) {
    const { text } = await call({ method: 'GET', url: `${url}/readyz` });
    if (text === '') return false;
    const { parts = [] } = JSON.parse(text) as Readiness;
    // Not every node keeps every view.
    const own = parts.find(({ name }) => name === view);
    if (own?.position !== undefined && own.position < position) return false;
  }
  return true;
}
