import {
  ClientError,
  ResponseError,
  UnexpectedAnswerError,
  UnreachableError,
} from '#api-client/errors';
import { type EventMessage, eventMessages } from '#api-client/event-messages';
import type { StreamName } from '#api-client/positions';
import { mediaTypeOf } from '#api-client/read-answer';
import { pause, type Transport } from '#api-client/transport';

/** One event of the log, as CloudEvents 1.0 with the extensions of the registry. `docs/asyncapi.yaml` has the data of each type. */
export interface RegistryEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The name of the dataset or contract, the id of the run. */
  readonly subject: string;
  readonly time: string;
  readonly kind: string;
  readonly position: number;
  readonly actor: string;
  readonly commandid: string;
  readonly traceparent?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface FollowOptions {
  /** The first position wanted; 1 is the beginning. Default: what comes from now on. */
  readonly from?: number | undefined;
  /** Datasets, contracts and definitions (`registry`, default), or job runs (`jobs`). */
  readonly stream?: StreamName | undefined;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told when the registry has begun to answer, after each interruption again. Default: nobody is. */
  readonly onConnection?: (() => void) | undefined;
  /** Told why a connection has ended and when it is tried again. Default: nobody is. */
  readonly onInterruption?: ((error: Error, pauseMs: number) => void) | undefined;
  /** How long nothing may be heard, in milliseconds. The registry says something every 15 s. Default 60,000. */
  readonly silenceMsMax?: number | undefined;
}

interface Following extends FollowOptions {
  readonly stream: StreamName;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  /** The position behind which it begins. */
  readonly after: number;
}

const SILENCE_MS_MAX = 60_000;
const CONNECT_MS_MAX = 30_000;

/**
 * Gives events in their order, each once. After a lost connection, a restart of the registry, or an answer that says "later", it
 * goes on behind the last event that was taken, for as long as nobody aborts the signal.
 * @throws ResponseError for what waiting does not mend: no access, a position that is none, a registry that is frozen
 */
export async function* followEvents(following: Following): AsyncGenerator<RegistryEvent, void> {
  const { transport, signal, onInterruption } = following;
  let { after } = following;
  for (let failures = 0; !hasEnded(signal); ) {
    let why: Error;
    try {
      for await (const event of unseen(oneConnection(following, after), after)) {
        failures = 0;
        after = event.position;
        yield event;
      }
      why = new Error('The registry has ended the stream');
    } catch (error) {
      if (hasEnded(signal)) return;
      if (!mayGoOn(error)) throw error;
      why = error;
    }
    failures += 1;
    const pauseMs = transport.retries.pause(failures, why);
    onInterruption?.(why, pauseMs);
    const signals = [signal, transport.signal].filter((one) => one !== undefined);
    await pause(pauseMs, signals).catch(() => undefined);
  }
}

/** Leaves out what comes twice: a proxy may repeat what it has. */
async function* unseen(
  events: AsyncIterable<RegistryEvent>,
  after: number,
): AsyncGenerator<RegistryEvent> {
  let last = after;
  for await (const event of events) {
    if (event.position <= last) continue;
    last = event.position;
    yield event;
  }
}

async function* oneConnection(
  { transport, headers, stream, signal, onConnection, silenceMsMax = SILENCE_MS_MAX }: Following,
  after: number,
): AsyncGenerator<RegistryEvent> {
  const silence = new Silence(signal);
  try {
    silence.allow(CONNECT_MS_MAX);
    const response = await transport.exchange(
      {
        method: 'GET',
        path: `/registry/events?stream=${stream}`,
        headers: { ...headers, Accept: 'text/event-stream', 'Last-Event-ID': String(after) },
        // Followed for ever: who repeats it is the loop above.
        isRepeatable: false,
        signal: silence.signal,
        timeoutMs: 0,
      },
      checkEventStream,
    );
    onConnection?.();
    const heard = silence.watch(chunksOf(response), silenceMsMax);
    for await (const message of eventMessages(heard)) {
      if (message.event === 'end') return;
      yield eventOf(message);
    }
  } catch (error) {
    throw silence.reason ?? error;
  } finally {
    silence.end();
  }
}

async function checkEventStream(answer: Response): Promise<Response> {
  const type = mediaTypeOf(answer.headers);
  if (type === 'text/event-stream') return answer;
  await answer.body?.cancel();
  throw unlikeEvents(`the answer is ${type ?? 'of no type'}`, answer.status);
}

function eventOf({ data, event }: EventMessage): RegistryEvent {
  const is = `a message ${JSON.stringify(event)}`;
  let parsed: Partial<RegistryEvent> | null;
  try {
    parsed = JSON.parse(data) as typeof parsed;
  } catch (error) {
    throw unlikeEvents(`${is} is no JSON`, undefined, error);
  }
  if (Number.isSafeInteger(parsed?.position)) return parsed as RegistryEvent;
  throw unlikeEvents(`${is} has no position`);
}

function unlikeEvents(is: string, status?: number, cause?: unknown): UnexpectedAnswerError {
  const message = `Cannot follow events: ${is} (want the events of a registry)`;
  return new UnexpectedAnswerError(message, { status }, cause);
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw error instanceof TypeError
      ? new UnreachableError('Cannot follow events: the connection was cut', undefined, error)
      : error;
  } finally {
    // Whoever stops reading wants nothing more to be sent.
    await reader.cancel().catch(() => undefined);
  }
}

/** Ends a connection on which nothing is heard, not even a heartbeat. */
class Silence {
  readonly signal: AbortSignal;
  reason: UnreachableError | undefined;
  readonly #tooLong = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    const signals = outer === undefined ? [] : [outer];
    this.signal = AbortSignal.any([...signals, this.#tooLong.signal]);
  }

  allow(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.reason = new UnreachableError(
        `Cannot follow events: nothing was heard for ${ms} ms (want a heartbeat)`,
        undefined,
        undefined,
      );
      this.#tooLong.abort(this.reason);
    }, ms);
  }

  /** Hands chunks on, and counts the time between asking for one and getting it: who takes events slowly is not cut off. */
  async *watch(chunks: AsyncIterable<Uint8Array>, ms: number): AsyncGenerator<Uint8Array> {
    this.allow(ms);
    for await (const chunk of chunks) {
      clearTimeout(this.#timer);
      yield chunk;
      this.allow(ms);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    // Ends the request where it still goes on.
    this.#tooLong.abort();
  }
}

function hasEnded(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function mayGoOn(error: unknown): error is Error {
  if (!(error instanceof ClientError) || error instanceof UnexpectedAnswerError) return false;
  if (!(error instanceof ResponseError)) return true;
  const { status, problem } = error;
  return problem.retryable ?? (status === 408 || status === 429 || status >= 500);
}
