import { setTimeout } from 'node:timers/promises';
import type { AtlasClient } from '#api-client/atlas-client';
import { ForbiddenError } from '#api-client/errors';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, type ExitCode } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { barOf, widthOf } from '#cli/command/progress';
import { interruptionWriter } from '#cli/remote/interruptions';

type Run = Pick<
  Schemas['JobRunDetail'],
  'id' | 'job' | 'status' | 'progress' | 'message' | 'counts'
>;

export interface WatchOptions {
  readonly host: CommandHost;
  readonly signal: AbortSignal;
  readonly json?: boolean | undefined;
}

/** How often a run is read where its events may not be. */
const POLL_MS = 2_000;
const OVER: ReadonlySet<Run['status']> = new Set(['succeeded', 'failed', 'cancelled', 'skipped']);

/** Shows a run until it is over: a line that redraws itself on a terminal, a line for each change elsewhere. */
export async function watchRun(
  client: AtlasClient,
  id: string,
  options: WatchOptions,
): Promise<ExitCode> {
  const shown = new ShownRun(options);
  const first = await client.call('getJobRun', { params: { id } });
  let run: Run = first.data;
  shown.show(run);
  // What comes behind the position of this read is news; nothing can come between.
  const from = (first.position ?? 0) + 1;
  if (!OVER.has(run.status))
    for await (run of laterStates(client, id, { ...options, from })) {
      shown.show(run);
      if (OVER.has(run.status)) break;
    }
  shown.end();
  return run.status === 'succeeded' ? EXIT.ok : EXIT.refused;
}

/** Gives the run after each of its events; where the token may read runs but no events, every few seconds. */
async function* laterStates(
  client: AtlasClient,
  id: string,
  { host, signal, from }: WatchOptions & { readonly from: number },
): AsyncGenerator<Run> {
  const read = async (minPosition?: number): Promise<Run> =>
    (await client.call('getJobRun', { params: { id }, minPosition, signal })).data;
  const listeners = interruptionWriter(host, { isThere: true });
  try {
    for await (const event of client.events({ stream: 'jobs', from, signal, ...listeners }))
      if (event.subject === id) yield await read(event.position);
    return;
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
  }
  for (;;) {
    await setTimeout(POLL_MS, undefined, { signal });
    yield await read();
  }
}

/** Writes a run for people. */
export function describeRun({ id, job, status, progress, message, counts = {} }: Run): string {
  const [done, total] = [progress?.done, progress?.total];
  const share =
    total !== undefined && total > 0 ? `  ${barOf(Math.min(1, (done ?? 0) / total))}` : '';
  const isPlain = done === undefined || OVER.has(status);
  const under = isPlain ? '' : `${share}  ${done}${total === undefined ? '' : ` of ${total}`}`;
  const counted = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const rest = [isPlain ? undefined : progress?.message, message, ...counted].filter(
    (text) => text !== undefined,
  );
  return printable(`${id}  ${job}  ${status}${under}${rest.map((text) => `  ${text}`).join('')}`);
}

class ShownRun {
  readonly #options: WatchOptions;
  #last = '';

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  show(run: Run): void {
    const { host, json } = this.#options;
    const text = json === true ? printable(JSON.stringify(run)) : describeRun(run);
    if (text === this.#last) return;
    this.#last = text;
    if (json === true || host.out.isTTY !== true) host.out.write(`${text}\n`);
    else host.out.write(`\r\u001b[2K${text.slice(0, widthOf(host.out) - 1)}`);
  }

  end(): void {
    const { host, json } = this.#options;
    if (json !== true && host.out.isTTY === true) host.out.write(`\r\u001b[2K${this.#last}\n`);
  }
}
