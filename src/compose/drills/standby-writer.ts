import { until } from '#compose/scratch/scratch-process';
import type { ScratchRegistry } from '#compose/scratch/scratch-registry';

const REACHED_MS = 120_000;

/** Registers one dataset after the other, and knows which were acknowledged. */
export class DrillWriter {
  /** Names of datasets. */
  readonly acknowledged = new Set<string>();
  readonly #node: ScratchRegistry;
  readonly #prefix: string;
  #tried = 0;

  constructor(node: ScratchRegistry, prefix = 'before') {
    this.#node = node;
    this.#prefix = prefix;
  }

  /** How many writes were sent. */
  get tried(): number {
    return this.#tried;
  }

  /** Writes so many. @throws when one is not acknowledged */
  async write(count: number, show: (done: number, total: number) => void): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const { status, text } = await this.#one();
      if (status !== 201) throw new Error(`A write answered ${status} ${text}`);
      show(index + 1, count);
    }
  }

  /** Writes until one is not acknowledged, at least so many. @throws when it is refused before that */
  async writeUntilRefused(countMin: number): Promise<void> {
    for (let index = 0; ; index += 1) {
      const answer = await this.#one().catch(() => undefined);
      if (answer?.status === 201) continue;
      if (index >= countMin) return;
      throw new Error(`A write answered ${answer?.status} ${answer?.text} while all was well`);
    }
  }

  /** Waits until so many were acknowledged. */
  async reached(count: number, signal: AbortSignal): Promise<void> {
    const enough = (): true | undefined => this.acknowledged.size >= count || undefined;
    await until(`${count} writes are acknowledged`, enough, { timeoutMs: REACHED_MS, signal });
  }

  /** Tries writes until one is refused because the node is frozen. */
  async tryUntilFrozen(): Promise<void> {
    for (;;) if ((await this.refusedAs('FROZEN')) !== undefined) return;
  }

  /** Tries one write; gives the reason when it is refused with a code. */
  async refusedAs(code: string): Promise<string | undefined> {
    const { json } = await this.#one();
    return json['code'] === code ? String(json['detail']) : undefined;
  }

  async #one() {
    const name = `${this.#prefix}/${this.#tried}`;
    this.#tried += 1;
    const body = { name, schema_fingerprint: 'sha256:drill' };
    const answer = await this.#node.post('/registry/datasets', body);
    if (answer.status === 201) this.acknowledged.add(name);
    return answer;
  }
}
