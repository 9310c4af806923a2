import { batch, computed, signal } from '@preact/signals';
import { isDefinite, keyOf, settle } from '#console/api/intents';
import { place } from '#console/shell/place';

/** The bearer token of the reader. It is kept in memory alone, so that a reload asks for it again. */
export const token = signal<string | undefined>(undefined);

/** Why the registry wants another token; `undefined` while it does not. */
export const challenge = signal<string | undefined>(undefined);

/** How often a token was given, or given up. */
const tokensGiven = signal(0);

/** Whose page it is: another when a token is chosen or given up, the same when the registry only asked for it again. */
export const reader = signal(0);

/** Asks with another token from now on; `undefined` logs out. */
export function takeToken(text: string | undefined): void {
  batch(() => {
    if (challenge.peek() === undefined || text === undefined) reader.value += 1;
    challenge.value = undefined;
    token.value = text;
    tokensGiven.value += 1;
  });
}

/** How the registry says no (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An answer that is none: what the registry refused, or that it could not be reached. */
export class Refusal extends Error {
  readonly problem: Problem;
  /** When the same may be asked again, where the registry says so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** What every request says: who asks, and for which scope. */
export function ownHeaders(): Record<string, string> {
  const { query } = place.peek();
  const [tenant, environment] = [query.get('tenant'), query.get('environment')];
  const bearer = token.peek();
  return {
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    ...(tenant === null ? {} : { 'Atlas-Tenant': tenant }),
    ...(environment === null ? {} : { 'Atlas-Environment': environment }),
  };
}

/** Tells whether a request without any header of ours asks the same. */
export function isPlainAsker(): boolean {
  return token.value === undefined && scope.value.trim() === '';
}

/** Whose data is looked at, in one text. */
export const scope = computed(() => {
  const { query } = place.value;
  return [query.get('tenant'), query.get('environment')].join('\n');
});

/** Who asks, and for which scope, in one text: when it changes, everything is asked anew. */
export const asker = computed(() => [tokensGiven.value, scope.value].join('\n'));

/** Asks the registry for JSON. @throws Refusal */
export async function ask<T>(path: string, question: Question = {}): Promise<T> {
  const response = await send(path, question);
  const answer: unknown = await response.json();
  return answer as T;
}

/** Asks the registry for a text. @throws Refusal */
export async function askText(path: string, question: Question = {}): Promise<string> {
  return await (await send(path, question)).text();
}

/** Sends a request and gives a successful answer. @throws Refusal */
export async function send(path: string, question: Question): Promise<Response> {
  const { method = 'GET', body, signal } = question;
  const bearer = token.peek();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const intent = method === 'GET' ? undefined : [method, path, scope.peek(), text ?? ''].join('\n');
  const response = await fetch(path, {
    method,
    headers: {
      ...ownHeaders(),
      ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(intent === undefined ? {} : { 'Idempotency-Key': keyOf(intent) }),
    },
    ...(text === undefined ? {} : { body: text }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw new Refusal(UNREACHABLE);
    if (intent !== undefined) settle(intent);
    throw error;
  });
  if (intent !== undefined && isDefinite(response.status)) {
    // Half an answer is none: what is sent again then has the same key.
    if (response.ok) await arrived(response);
    settle(intent);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  // An answer to a token that was replaced meanwhile says nothing about the one in use.
  if (problem.status === 401 && bearer === token.peek()) challenge.value = problem.detail;
  throw new Refusal(problem, retryAfterOf(response));
}

async function arrived(response: Response): Promise<void> {
  await response
    .clone()
    .arrayBuffer()
    .catch(() => {
      throw new Refusal(UNREACHABLE);
    });
}

function retryAfterOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const found: unknown = await response.json().catch(() => undefined);
  if (isProblem(found)) return { ...found, status };
  // It was not the registry that answered.
  const detail = `Cannot read the answer: status ${status} ${statusText} without a problem (want the registry itself behind this address)`;
  return { status, title: 'No answer of the registry', detail, code: 'UNKNOWN' };
}

function isProblem(found: unknown): found is Problem {
  if (typeof found !== 'object' || found === null) return false;
  return ['title', 'detail', 'code'].every(
    (name) => typeof (found as Readonly<Record<string, unknown>>)[name] === 'string',
  );
}

const UNREACHABLE: Problem = {
  status: 0,
  title: 'The registry does not answer',
  detail:
    'Cannot reach the registry: the connection failed (want it running, and a network that leads to it)',
  code: 'UNREACHABLE',
};
