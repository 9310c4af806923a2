import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { z } from 'zod';
import { quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import type { RequestTrace } from '#flow/tracer';
import { mayDo, maySee, type Principal } from '#http/auth/principal';
import type { Visit } from '#http/limits/client-limits';
import { bodyOf, type RequestLimits, readJson, type SettleBody } from '#http/read-body';
import { EMPTY, type ParsedRequest, type Route } from '#http/route';

const ANONYMOUS = 'anonymous';
const ACTOR = /^[!-~]([ -~]{0,126}[!-~])?$/;

/**
 * Checks everything that a request carries against its route.
 * @throws INVALID_REQUEST with every fault found, and what `readJson` throws
 */
export async function parseRequest(
  spec: Route,
  context: Context,
  limits: RequestLimits,
): Promise<ParsedRequest<never, never, never>> {
  const principal = context.state['principal'] as Principal | undefined;
  const { client } = context.state['visit'] as Visit;
  const params = spec.params === EMPTY ? {} : check(spec.params, context['params'] ?? {}, 'path');
  const query =
    spec.query === EMPTY && context.querystring === ''
      ? {}
      : check(spec.query, queryOf(context, spec.listQueries), 'query');
  const body =
    spec.body === undefined || spec.body === 'stream'
      ? undefined
      : check(spec.body, await jsonOf(spec, context, limits), 'body');
  return {
    params: params as never,
    query: query as never,
    body: body as never,
    scope: context.state['scope'] as Scope,
    prefix: String(context.state['prefix']),
    requestId: String(context.state['requestId']),
    trace: context.state['trace'] as RequestTrace | undefined,
    report: context.state['report'] as (error: unknown) => void,
    actor: principal?.subject ?? actorOf(context.req),
    mayApprove: principal === undefined || mayDo(principal, 'contracts:approve'),
    client,
    settle: context.state['settle'] as (cost: number) => Promise<void>,
    settleBody: context.state['settleBody'] as SettleBody,
    expiresAtMs: principal && principal.expiresAt * 1_000,
    isRevoked: () => principal?.isRevoked?.() ?? false,
    maySee: (scope) => principal === undefined || maySee(principal, scope),
    header: (name) => headerOf(context.req, name),
    stream: bodyOf(context.req),
    get signal() {
      return signalOf(context);
    },
  };
}

/** Reads who sends a request, as it says itself: where nobody has to prove it. @throws INVALID_REQUEST */
function actorOf(request: IncomingMessage): string {
  const actor = headerOf(request, 'atlas-actor');
  if (actor === undefined) return ANONYMOUS;
  if (ACTOR.test(actor)) return actor;
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot use Atlas-Actor ${quote(actor)}: it is malformed (want 1 to 128 printable ASCII characters)`,
  );
}

/** Reads a request header by its lower-case name; of one that is there twice, the first. */
export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function jsonOf(
  spec: Route,
  { req, state }: Context,
  limits: RequestLimits,
): Promise<unknown> {
  const settleBody = state['settleBody'] as SettleBody;
  if (spec.bodyIsOptional && hasNoBody(req)) return {};
  if (!spec.isStrictJson) return await readJson(req, { ...limits, settleBody });
  const { contractBytesMax: jsonBytesMax, ...shape } = limits;
  return await readJson(req, { ...shape, jsonBytesMax, isStrict: true, settleBody });
}

function hasNoBody({ headers }: Context['req']): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/**
 * Reads the query; a parameter that is there twice and is no list is refused, because two readers would pick different
 * ones.
 */
function queryOf(
  context: Context,
  lists: readonly string[],
): Record<string, string | readonly string[]> {
  if (context.querystring === '') return {};
  const search = new URLSearchParams(context.querystring);
  const entries: Record<string, string | readonly string[]> = Object.create(null);
  for (const name of lists) if (search.has(name)) entries[name] = search.getAll(name);
  for (const [name, value] of search) {
    if (lists.includes(name)) continue;
    if (name in entries) {
      throw new RegistryError(
        'INVALID_REQUEST',
        `Cannot use query parameter ${quote(name)}: it is there twice (want it once)`,
      );
    }
    entries[name] = value;
  }
  return { ...entries };
}

/** Checks a value against a schema. @throws INVALID_REQUEST with every fault and where it is */
export function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => ({
    in: where,
    path: issue.path.join('.'),
    message: issue.message,
  }));
  const first = faults[0];
  const at =
    first?.path === undefined || first.path === '' ? where : `${where} ${quote(first.path)}`;
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot use the request: ${at}: ${first?.message ?? 'it is malformed'}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}`,
    { details: { faults } },
  );
}

function signalOf({ res }: Context): AbortSignal {
  const gone = new AbortController();
  if (res.destroyed) gone.abort();
  else res.once('close', () => gone.abort());
  return gone.signal;
}
