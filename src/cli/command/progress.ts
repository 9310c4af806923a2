import { printable } from '#cli/command/printable';

/** Where people read: a terminal, or something that only keeps lines. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const BAR_CELLS = 28;
const NO_TERMINAL_STEP = 0.25;

/** Shows how far a task has come: a bar that redraws itself on a terminal, a line a quarter elsewhere. */
export class ProgressBar {
  readonly #out: TextOutput;
  readonly #label: string;
  readonly #total: number;
  #done = 0;
  #told = 0;

  constructor(out: TextOutput, label: string, total: number) {
    this.#out = out;
    this.#label = printable(label);
    this.#total = total;
    if (out.isTTY === true) this.#draw('');
  }

  /** Counts finished steps and names the one that is on. */
  advance(steps: number, note: string): void {
    this.#done = Math.min(this.#total, this.#done + steps);
    if (this.#out.isTTY === true) {
      this.#draw(note);
      return;
    }
    const share = this.#total === 0 ? 1 : this.#done / this.#total;
    if (share < 1 && share - this.#told < NO_TERMINAL_STEP) return;
    this.#told = share;
    this.#out.write(`${this.#label}: ${percent(share)} (${this.#done} of ${this.#total})\n`);
  }

  /** Ends the bar with a line that stays. */
  finish(line: string): void {
    this.#out.write(this.#out.isTTY === true ? `\r\u001b[2K${line}\n` : `${line}\n`);
  }

  #draw(note: string): void {
    const share = this.#total === 0 ? 1 : this.#done / this.#total;
    const line = `${this.#label} ${barOf(share)} ${printable(note)}`;
    this.#out.write(`\r\u001b[2K${line.slice(0, widthOf(this.#out) - 1)}`);
  }
}

/** Gives the width of a terminal; 80 where it does not say, or says that it has none. */
export function widthOf({ columns = 0 }: TextOutput): number {
  return columns > 0 ? columns : 80;
}

/** Draws how much of something is done, from 0 to 1, in one width. */
export function barOf(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${percent(share)}`;
}

function percent(share: number): string {
  return `${String(Math.floor(share * 100)).padStart(3)} %`;
}
