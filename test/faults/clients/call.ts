import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Outcome } from '#test/faults/history';

/** An answer, or none. */
export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly body?: string | AsyncIterable<Buffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 15_000;

/** Sends one request. Never throws: no answer is an answer too. */
export async function call({ method, url, body, headers = {} }: Call): Promise<Answer> {
  try {
    const answer = await request(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : Readable.from(body) }),
    });
    const text = await answer.body.text();
    const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    return { status: answer.statusCode, text, headers: Object.fromEntries(flat) };
  } catch {
    return { status: 0, text: '', headers: {} };
  }
}

/** Reads JSON; `undefined` where there is none. */
export function jsonOf({ text }: Answer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

export interface WriteCall {
  readonly path: string;
  readonly body: unknown;
  readonly command: string;
  /** Gives the address of a node for each attempt. */
  readonly node: () => string;
  /** Until when an unknown outcome is asked for again. */
  readonly untilMs: number;
}

export interface WriteEnd {
  readonly outcome: Outcome;
  readonly answer: Answer;
}

const RETRY_MS = 100;

/**
 * Sends a command, and again under its key while nobody knows what became of it. What the registry says is not applied is
 * believed at the first attempt and not sent again: the log shows whether it was true.
 */
export async function write(command: WriteCall): Promise<WriteEnd> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await call({
      method: 'POST',
      url: `${command.node()}${command.path}`,
      body: JSON.stringify(command.body),
      headers: { 'idempotency-key': command.command },
    });
    const outcome = outcomeOf(answer);
    // Later it says that of this attempt alone, unless it refuses what was asked.
    const isFinal = attempt === 1 || (answer.status < 500 && answer.status !== 429);
    if (outcome !== 'unknown' && (outcome !== 'not-applied' || isFinal)) return { outcome, answer };
    if (performance.now() + RETRY_MS > command.untilMs) return { outcome: 'unknown', answer };
    await delay(RETRY_MS);
  }
}

const CONFLICTS: ReadonlySet<unknown> = new Set(['FINGERPRINT_CONFLICT', 'VERSION_CONFLICT']);

function outcomeOf(answer: Answer): Outcome {
  const { status } = answer;
  if (status === 201) return 'applied';
  if (status === 200) return 'existing';
  if (status === 0) return 'unknown';
  const said = jsonOf(answer);
  if (CONFLICTS.has(said?.['code'])) return 'conflict';
  return said?.['outcome'] === 'not-applied' ? 'not-applied' : 'unknown';
}
