import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectBroker } from '#clients/nats';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { provisionStreams } from '#log/provision';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import type { ProjectionDigest } from '#projections/projection';
import { Projector } from '#projections/projector';
import { Brokers } from '#test/faults/bed/brokers';
import { type LoggedEvent, readLogged } from '#test/faults/check/logged-event';
import { damageFile } from '#test/faults/damage/damage-file';
import { writeRegistryHistory } from '#test/support/history';
import { openLog } from '#test/support/nats';
import { seeded } from '#test/support/seed';

/**
 * What a registry made of a damaged stream:
 * `whole`     every event is there as it was, and a node that had seen them goes on;
 * `refused`   nothing is shown: the broker, or a view that is built anew, says that something is wrong;
 * `shorter`   a view that is built anew shows an older state, and a node that had seen more does not go on;
 * `unnoticed` anything else: a violation.
 */
export type Verdict = 'whole' | 'refused' | 'shorter' | 'unnoticed';

export interface DamageCase {
  readonly seed: number;
  /** What was done to which file. */
  readonly damage: string;
  readonly verdict: Verdict;
  /** What the node that had seen everything and the new one said. */
  readonly said: string;
}

const EVENTS = 120;
const START_TIMEOUT_MS = 4_000;
const LOOK_TIMEOUT_MS = 4_000;
const POLL_MS = 20;

/** A broker's folder with a history, and a view that has seen all of it, to be damaged again and again. */
export class DamagedStreams implements AsyncDisposable {
  readonly #folder: string;
  readonly #brokers: Brokers;
  readonly #written: readonly LoggedEvent[];
  readonly #digest: ProjectionDigest;

  private constructor(folder: string, made: [Brokers, readonly LoggedEvent[], ProjectionDigest]) {
    this.#folder = folder;
    [this.#brokers, this.#written, this.#digest] = made;
  }

  /** Writes the history. */
  static async write(folder: string): Promise<DamagedStreams> {
    const storage = join(folder, 'live');
    const brokers = await Brokers.start({
      folder: join(folder, 'broker'),
      logs: folder,
      storage,
      size: 1,
    });
    const broker = await brokers.connect();
    const log = openLog(broker);
    await writeRegistryHistory(log, EVENTS, seeded(7));
    const written = await readLogged(log);
    const view = new CatalogProjection(join(folder, 'seen.sqlite'));
    const looked = await look(view, log);
    if (looked.digest === undefined) throw new Error(looked.said);
    log.close();
    await broker.close();
    await brokers.processes[0]?.end('SIGTERM');
    cpSync(storage, join(folder, 'written'), { recursive: true });
    return new DamagedStreams(folder, [brokers, written, looked.digest]);
  }

  /** Damages a copy as the seed says, starts the broker on it, and looks what nodes make of it. */
  async damage(seed: number): Promise<DamageCase> {
    const live = join(this.#folder, 'live');
    const [process] = this.#brokers.processes;
    await process?.end('SIGKILL');
    rmSync(live, { recursive: true, force: true });
    cpSync(join(this.#folder, 'written'), live, { recursive: true });
    const damage = damageFile(live, seeded(seed));
    process?.start();
    return { seed, damage, ...(await this.#judge()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#brokers[Symbol.asyncDispose]();
  }

  async #judge(): Promise<Pick<DamageCase, 'verdict' | 'said'>> {
    const url = `nats://127.0.0.1:${this.#brokers.ports[0]}`;
    const broker = await connected(url);
    if (broker === undefined) return { verdict: 'refused', said: 'the broker does not start' };
    const log = openLog(broker);
    try {
      // As a node does when it starts.
      await provisionStreams(broker.jsm, { replicas: 1 });
      return await this.#compare(log);
    } catch (error) {
      return { verdict: 'refused', said: String(error) };
    } finally {
      log.close();
      await broker.close();
    }
  }

  async #compare(log: EventLog): Promise<Pick<DamageCase, 'verdict' | 'said'>> {
    const copy = join(this.#folder, 'seen-copy.sqlite');
    for (const path of [copy, join(this.#folder, 'new.sqlite')])
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    cpSync(join(this.#folder, 'seen.sqlite'), copy);
    const seen = await look(new CatalogProjection(copy), log);
    const fresh = await look(new CatalogProjection(join(this.#folder, 'new.sqlite')), log);
    const said = `seen before: ${seen.said}; new: ${fresh.said}`;
    if (fresh.digest === undefined) return { verdict: 'refused', said };
    const stored = await readLogged(log);
    const isPrefix = stored.every(({ hash }, index) => hash === this.#written[index]?.hash);
    const isWhole = isPrefix && stored.length === this.#written.length;
    const isSame = JSON.stringify(seen.digest) === JSON.stringify(this.#digest);
    if (isWhole && isSame && fresh.digest.digest === this.#digest.digest)
      return { verdict: 'whole', said };
    return { verdict: isPrefix && seen.digest === undefined ? 'shorter' : 'unnoticed', said };
  }
}

async function connected(url: string) {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    try {
      return await connectBroker({ url, name: 'faults', connectTimeoutMs: 1_000 });
    } catch {
      await systemClock.sleep(POLL_MS);
    }
  }
  return undefined;
}

interface Looked {
  /** Of a view that follows the log; `undefined` when it does not. */
  readonly digest: ProjectionDigest | undefined;
  readonly said: string;
}

/** Lets a view follow a log until it is up to date, or says that it does not, or for a while. */
async function look(projection: CatalogProjection, log: EventLog): Promise<Looked> {
  const projector = new Projector({ projection, log, clock: systemClock, batchMax: 100 });
  projector.start();
  const deadline = performance.now() + LOOK_TIMEOUT_MS;
  const isSettled = (): boolean => ['live', 'halted'].includes(projector.status.state);
  while (!isSettled() && performance.now() < deadline) await systemClock.sleep(POLL_MS);
  const { status } = projector;
  const digest = status.state === 'live' ? await projection.digest() : undefined;
  await projector.stop();
  return { digest, said: 'reason' in status ? `${status.state}: ${status.reason}` : status.state };
}
