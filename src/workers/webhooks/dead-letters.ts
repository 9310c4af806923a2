import type { Position } from '#domain/position';
import type { WebhookId } from '#domain/webhook';
import type { DeadLetter } from '#domain/webhook-delivery';
import type { DeliveryRecords } from '#workers/webhooks/delivery-records';

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
    await this.#change((letters) =>
      [...letters.filter(({ position }) => position !== letter.position), letter].toSorted(
        (a, b) => a.position - b.position,
      ),
    );
  }

  /** Removes the letter of an event that was taken after all. */
  async remove(position: Position): Promise<void> {
    if (this.find(position) === undefined) return;
    await this.#change((letters) => letters.filter((letter) => letter.position !== position));
  }

  async #change(change: (letters: readonly DeadLetter[]) => readonly DeadLetter[]): Promise<void> {
    if (await this.#wrote(change(this.#letters))) return;
    // Whoever had the lease before may have written last, or it was this process and the answer was lost.
    await this.load();
    if (await this.#wrote(change(this.#letters))) return;
    throw new Error('Cannot keep dead letters: another process writes');
  }

  async #wrote(letters: readonly DeadLetter[]): Promise<boolean> {
    const revision = await this.#records.writeDead(this.#id, letters, this.#revision);
    if (revision === undefined) return false;
    this.#letters = letters;
    this.#revision = revision;
    return true;
  }
}
