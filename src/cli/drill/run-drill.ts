import { ProgressBar, type TextOutput } from '#cli/command/progress';
import type { Drill, DrillHost, ShowProgress } from '#cli/drill/drill';
import {
  type DrillOutcome,
  type DrillReport,
  type DrillStep,
  shownFigure,
} from '#cli/drill/drill-report';

interface DrillRun {
  readonly drill: Drill;
  readonly from: Pick<DrillHost, 'config' | 'logger' | 'flags' | 'signal'>;
  readonly version: string;
  /** Where progress is shown. */
  readonly out: TextOutput;
}

/** Runs a drill to its end and gives what it did and saw. @throws what it throws before its first step: it did not begin */
export async function runDrill({ drill, from, version, out }: DrillRun): Promise<DrillReport> {
  const startedAt = new Date().toISOString();
  const begun = performance.now();
  const notes = new Notes(out, from.signal);
  const host: DrillHost = {
    ...from,
    step: async (name, work) => await notes.step(name, work),
    check: (what, holds, detail) =>
      notes.add({ name: what, outcome: holds ? 'succeeded' : 'failed', detail, seconds: 0 }),
    figure: (name, value, unit) => notes.figure(name, value, unit),
  };
  try {
    await drill.run(host);
  } catch (error) {
    // A failed step has noted itself.
    if (notes.steps.length === 0) throw error;
    if (!notes.steps.some(({ outcome }) => outcome !== 'succeeded'))
      notes.add({ name: 'the drill', outcome: notes.failed, detail: textOf(error), seconds: 0 });
  }
  const outcomes = new Set(notes.steps.map(({ outcome }) => outcome));
  return {
    drill: drill.name,
    registryVersion: version,
    startedAt,
    seconds: secondsSince(begun),
    outcome: (['stopped', 'failed'] as const).find((one) => outcomes.has(one)) ?? 'succeeded',
    steps: notes.steps,
    figures: notes.figures,
  };
}

class Notes {
  readonly steps: DrillStep[] = [];
  readonly figures: DrillReport['figures'][number][] = [];
  readonly #out: TextOutput;
  readonly #signal: AbortSignal;

  constructor(out: TextOutput, signal: AbortSignal) {
    this.#out = out;
    this.#signal = signal;
  }

  get failed(): DrillOutcome {
    return this.#signal.aborted ? 'stopped' : 'failed';
  }

  async step<T extends string>(name: string, work: (show: ShowProgress) => Promise<T>): Promise<T> {
    const begun = performance.now();
    const bar = new StepBar(this.#out, name);
    try {
      const detail = await work((done, total, note) => bar.show(done, total, note));
      bar.clear();
      this.add({ name, outcome: 'succeeded', detail, seconds: secondsSince(begun) });
      return detail;
    } catch (error) {
      bar.clear();
      this.add({ name, outcome: this.failed, detail: textOf(error), seconds: secondsSince(begun) });
      throw error;
    }
  }

  add(step: DrillStep): void {
    const { name, outcome, detail } = step;
    this.steps.push(step);
    const mark = outcome === 'succeeded' ? 'ok    ' : outcome.padEnd(7);
    this.#out.write(`${mark} ${name}: ${detail}\n`);
  }

  figure(name: string, value: number, unit: string): void {
    this.figures.push({ name, value, unit });
    this.#out.write(`        ${name}: ${shownFigure(value)} ${unit}\n`);
  }
}

/** The bar of a step that says how far it has come. */
class StepBar {
  readonly #out: TextOutput;
  readonly #name: string;
  #bar: ProgressBar | undefined;
  #total = 0;
  #done = 0;

  constructor(out: TextOutput, name: string) {
    this.#out = out;
    this.#name = name;
    // On a terminal the step shows at once what it is about; elsewhere its end is enough.
    if (out.isTTY === true) out.write(`${name} ...`);
  }

  show(done: number, total: number, note = ''): void {
    if (this.#bar === undefined || total !== this.#total) {
      this.#bar = new ProgressBar(this.#out, this.#name, total);
      [this.#total, this.#done] = [total, 0];
    }
    this.#bar.advance(done - this.#done, note);
    this.#done = done;
  }

  clear(): void {
    if (this.#out.isTTY === true) this.#out.write('\r\u001b[2K');
  }
}

function secondsSince(begun: number): number {
  return Number(((performance.now() - begun) / 1_000).toFixed(3));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
