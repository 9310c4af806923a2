import { Refusal, send } from '#console/api/ask';
import { pause } from '#console/api/pause';
import { isHidden, until } from '#console/api/visible';

export type StreamName = 'registry' | 'jobs';

/** What lists show of an event. */
export interface ListedEvent {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly kind: string;
  readonly position: number;
  readonly actor: string;
}

/** One event as the registry tells it: a CloudEvent with its position. */
export interface LogEvent extends ListedEvent {
  readonly data: unknown;
  readonly [attribute: string]: unknown;
}

/** What is told of a stream that is followed. */
export interface Listener {
  /** Events in the order of the log, as many as have come at once. */
  readonly onEvents: (events: readonly LogEvent[]) => void;
  /** Whether events can come now. */
  readonly onState: (state: FollowState) => void;
}

export type FollowState = 'connecting' | 'live' | 'waiting' | 'refused';

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;

/**
 * Follows events from a position on (default: only what is new), and goes on behind the last one seen whenever the connection
 * ends. Reads the stream by hand, because the browser's own EventSource can send no token.
 */
export function follow(
  stream: StreamName,
  from: number | undefined,
  listener: Listener,
): () => void {
  const ended = new AbortController();
  void keepFollowing({ stream, from, listener, signal: ended.signal });
  return () => ended.abort();
}

interface Following {
  readonly stream: StreamName;
  readonly from: number | undefined;
  readonly listener: Listener;
  readonly signal: AbortSignal;
}

async function keepFollowing({ stream, from, listener, signal }: Following): Promise<void> {
  let next = from;
  let wait = RETRY_MS_MIN;
  for (;;) {
    // A page that nobody sees takes no connection of its node; what happens meanwhile comes when it is seen again.
    await until(false, signal);
    if (signal.aborted) return;
    const turn = new AbortController();
    const ended = AbortSignal.any([signal, turn.signal]);
    void until(true, ended).then(() => turn.abort());
    listener.onState('connecting');
    try {
      const query = new URLSearchParams({ stream });
      if (next !== undefined) query.set('from', String(next));
      const response = await send(`/registry/events?${query}`, { signal: ended });
      listener.onState('live');
      wait = RETRY_MS_MIN;
      for await (const events of eventsOf(response)) {
        next = (events.at(-1)?.position ?? 0) + 1;
        listener.onEvents(events);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && [401, 403, 404].includes(error.problem.status)) {
        listener.onState('refused');
        turn.abort();
        return;
      }
    }
    if (signal.aborted) return;
    if (isHidden.peek()) continue;
    turn.abort();
    listener.onState('waiting');
    await pause(wait, signal);
    wait = Math.min(wait * 2, RETRY_MS_MAX);
  }
}

/** Reads the events of one answer, those of one piece of the network at a time. */
async function* eventsOf(response: Response): AsyncGenerator<readonly LogEvent[]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    const events = blocks.flatMap(eventIn);
    if (events.length > 0) yield events;
  }
}

function eventIn(block: string): readonly LogEvent[] {
  const lines = block.split('\n');
  const data = lines.find((line) => line.startsWith('data: '));
  // The last one says why the stream ends, and has no id.
  if (data === undefined || !lines.some((line) => line.startsWith('id: '))) return [];
  return [JSON.parse(data.slice('data: '.length)) as LogEvent];
}

/** How long the first event from a position on is waited for: a scope may have none there. */
export const EVENT_WAIT_MS = 5_000;

/** Reads the first event of the scope from a position on; `undefined` where none comes in time. @throws Refusal */
export async function readEvent(
  stream: StreamName,
  position: number,
  signal: AbortSignal,
): Promise<LogEvent | undefined> {
  const ended = new AbortController();
  const late = AbortSignal.timeout(EVENT_WAIT_MS);
  const path = `/registry/events?stream=${stream}&from=${position}`;
  try {
    const response = await send(path, { signal: AbortSignal.any([signal, ended.signal, late]) });
    for await (const [first] of eventsOf(response)) return first;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
  } finally {
    ended.abort();
  }
  return undefined;
}
