import { computed, signal } from '@preact/signals';
import { place } from '#console/shell/place';

/** The bearer token of the reader. It is kept in memory alone, so that a reload asks for it again. */
export const token = signal<string | undefined>(undefined);

/** Why the registry wants another token; `undefined` while it does not. */
export const challenge = signal<string | undefined>(undefined);

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
  return asker.value.trim() === '';
}

/** Who asks, and for which scope, in one text: when it changes, everything is asked anew. */
export const asker = computed(() => {
  const { query } = place.value;
  return [token.value, query.get('tenant'), query.get('environment')].join('\n');
});

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
export async function send(
  path: string,
  { method = 'GET', body, signal }: Question,
): Promise<Response> {
  const response = await fetch(path, {
    method,
    headers: {
      ...ownHeaders(),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Refusal(UNREACHABLE);
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401) challenge.value = problem.detail;
  throw new Refusal(problem, retryAfterOf(response));
}

function retryAfterOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && 'detail' in found) return found as Problem;
  } catch {
    // It was not the registry that answered.
  }
  const { status, statusText } = response;
  const detail = `Cannot read the answer: status ${status} ${statusText} without a problem (want the registry itself behind this address)`;
  return { status, title: 'No answer of the registry', detail, code: 'UNKNOWN' };
}

const UNREACHABLE: Problem = {
  status: 0,
  title: 'The registry does not answer',
  detail:
    'Cannot reach the registry: the connection failed (want it running, and a network that leads to it)',
  code: 'UNREACHABLE',
};
