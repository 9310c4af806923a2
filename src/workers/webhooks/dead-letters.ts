import type { Position } from '#domain/position';
import type { WebhookId } from '#domain/webhook';
import type { DeadLetter, DeliveryRecords } from '#workers/webhooks/delivery-record';

/** The dead letters of one webhook, by the process that holds its lease. */
export class DeadLetters {
  readonly #records: DeliveryRecords;
  readonly #id: WebhookId;
  #letters: readonly DeadLetter[] = [];
  #revision = 0;

  constructor(records: DeliveryRecords, id: WebhookId) {
    this.#records = records;
    this.#id = id;
  }

  get count(): number {
    return this.#letters.length;
  }

  /** Reads what is kept. */
  async load(): Promise<void> {
    const { value, revision } = await this.#records.readDead(this.#id);
    this.#letters = value ?? [];
    this.#revision = revision;
  }

  find(position: Position): DeadLetter | undefined {
    return this.#letters.find((letter) => letter.position === position);
  }

  /** Adds a letter, or puts it in the place of the one for the same event. */
  async put(letter: DeadLetter): Promise<void> {
    const others = this.#letters.filter(({ position }) => position !== letter.position);
    await this.#write([...others, letter].toSorted((a, b) => a.position - b.position));
  }

  /** Removes the letter of an event that was taken after all. */
  async remove(position: Position): Promise<void> {
    if (this.find(position) === undefined) return;
    await this.#write(this.#letters.filter((letter) => letter.position !== position));
  }

  async #write(letters: readonly DeadLetter[]): Promise<void> {
    const write = async (): Promise<number | undefined> =>
      this.#records.writeDead(this.#id, letters, this.#revision);
    let revision = await write();
    if (revision === undefined) {
      // Whoever had the lease before may have written last, or it was this process and the answer was lost.
      this.#revision = (await this.#records.readDead(this.#id)).revision;
      revision = await write();
    }
    if (revision === undefined) throw new Error('Cannot keep dead letters: another process writes');
    this.#letters = letters;
    this.#revision = revision;
  }
}
