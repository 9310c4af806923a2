import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';

const POLL_MS = 100;

/** Which processes of a cluster run, as files: whoever starts it next waits for those that a killed starter has left. */
export class MembersLeft {
  readonly #folder: string;
  readonly #clusterFolder: string;

  constructor(clusterFolder: string) {
    this.#clusterFolder = clusterFolder;
    this.#folder = join(clusterFolder, 'run');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Notes which process a member is. */
  note(name: string, pid: number): void {
    writeFileSync(join(this.#folder, name), String(pid));
  }

  /** Notes that it has ended. */
  forget(name: string): void {
    rmSync(join(this.#folder, name), { force: true });
  }

  /** Waits until what an earlier start has left has ended. @throws CANNOT_START when it does not */
  async wait(timeoutMs: number): Promise<void> {
    const deadline = systemClock.monotonicMs() + timeoutMs;
    for (const name of readdirSync(this.#folder)) {
      const pid = Number(readFileSync(join(this.#folder, name), 'utf8'));
      while (this.#isOurs(pid)) {
        if (systemClock.monotonicMs() > deadline) {
          throw new RegistryError(
            'CANNOT_START',
            `Cannot start a cluster in ${quote(this.#clusterFolder)}: its ${name} still runs as process ${pid} (want it ended: kill ${pid})`,
          );
        }
        await systemClock.sleep(POLL_MS);
      }
      this.forget(name);
    }
  }

  /** A process id is used again: only one that was told of this folder is meant. */
  #isOurs(pid: number): boolean {
    const of = `/proc/${pid}`;
    if (!existsSync(of)) return false;
    try {
      const told = `${readFileSync(`${of}/cmdline`, 'utf8')}${readFileSync(`${of}/environ`, 'utf8')}`;
      return told.includes(`${this.#clusterFolder}/`);
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
      return false;
    }
  }
}
