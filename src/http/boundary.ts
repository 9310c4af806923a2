import type { IncomingMessage } from 'node:http';
import type { Context, Middleware, Next } from 'koa';
import { isRegistryError, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import { withoutUndefined } from '#domain/without-undefined';
import type { RequestTrace } from '#flow/tracer';
import { checkPage } from '#http/auth/foreign-pages';
import { mayReadKept, nameScope } from '#http/auth/guard';
import { maySee, type Principal } from '#http/auth/principal';
import { POSITION_HEADER } from '#http/consistency';
import type { HttpDependencies } from '#http/dependencies';
import type { FastGenes } from '#http/fast-genes';
import type { HotReads } from '#http/hot-reads';
import { BodyBudget } from '#http/limits/body-budget';
import type { Visit } from '#http/limits/client-limits';
import { checkShape } from '#http/limits/request-shape';
import { headerOf } from '#http/parse-request';
import { retryAfterOf, toProblem } from '#http/problem';
import { FAST_GENES, labelWithout, type RequestLabel } from '#http/request-label';
import { scopeOf } from '#http/scope';
import { SECURITY_HEADERS } from '#http/security-headers';
import { isAnyStale } from '#http/stale-reads';

/** What is told of a request when it was answered. */
export interface RequestLine extends RequestLabel {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** Bytes of the body of the answer; absent where they are not known when it begins. */
  readonly bytes?: number;
  /** The trace of the request, where it was recorded. */
  readonly traceId?: string;
  /** Who asked, and for which scope; absent as far as it was not found out. */
  readonly actor?: string;
  readonly tenant?: string;
  readonly environment?: string;
  /** Where a command stands in the log, and what a read shows. */
  readonly position?: string;
  /** Why it was refused. */
  readonly code?: string;
}

/** What the app tells whoever listens: one line a request, and every unexpected error. */
export interface HttpObserver {
  onRequest?(request: RequestLine): void;
  onError?(error: unknown, requestId: string): void;
}

/** What answers without routing, and who hears of requests. */
export interface BoundarySides {
  readonly observer: HttpObserver;
  readonly hot: HotReads;
  readonly fast: FastGenes;
}

/** Where clients find the trace of a request that was recorded. */
const TRACE_HEADER = 'Atlas-Trace-Id';

const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
const EMERGENCY_RETRY_SECONDS = 10;

/** The outermost layer: names the request, counts it, answers what needs no routing, and turns whatever is thrown into a problem. */
export function boundary(
  dependencies: HttpDependencies,
  { observer, hot, fast }: BoundarySides,
): Middleware {
  const { clock, newId, limits, pages, clientLimits } = dependencies;
  const answered = answeringAtOnce(dependencies, { hot, fast });
  const answer = answering(dependencies);
  return async (context, next) => {
    const started = clock.monotonicMs();
    const requestId = newId();
    const { method, path } = context;
    context.state['requestId'] = requestId;
    let visit = UNKNOWN;
    try {
      checkShape(context.req, limits);
      checkTarget(context.req);
      if (pages !== undefined) checkPage(context.req, pages);
      const entered = clientLimits.enter(context.req);
      visit = entered instanceof Promise ? await entered : entered;
      context.state['visit'] = visit;
      const { trace = UNTRACED } = context.state as RequestFacts;
      const known = visit;
      if (trace.now(() => answered(context, known, requestId))) context.respond = false;
      else {
        prepare(context, visit, { requestId, observer });
        await answer(context, known, next);
      }
    } catch (error) {
      prepare(context, visit, { requestId, observer });
      context.state['code'] = isRegistryError(error) ? error.code : 'INTERNAL';
      if (isUnexpected(error, context)) observer.onError?.(error, requestId);
      const isRefusal = isRegistryError(error, 'RATE_LIMITED');
      if (isRefusal && !(await clientLimits.hold(visit, context.res))) context.req.socket.destroy();
      sendProblem(context, error, requestId);
    }
    const durationMs = Math.round((clock.monotonicMs() - started) * 1_000) / 1_000;
    const { statusCode: status } = context.res;
    observer.onRequest?.({ requestId, method, path, status, durationMs, ...factsOf(context) });
  };
}

/** Answers a request that needs no routing. Gives whether it has. */
function answeringAtOnce(
  dependencies: HttpDependencies,
  { hot, fast }: Pick<BoundarySides, 'hot' | 'fast'>,
) {
  const { guard, limits } = dependencies;
  return (context: Context, visit: Visit, requestId: string): boolean => {
    const { req, res } = context;
    const { sender, headers } = visit;
    if (visit.refusal !== undefined || limits.emergency) return false;
    // What was kept does not say that it is stale.
    if (isAnyStale(dependencies)) return false;
    if (guard !== undefined && !mayUseKept(sender.principal, req)) return false;
    const key = hot.keyOf(req);
    context.state['hotKey'] = key;
    const kept = hot.find(key, req);
    const { trace } = context.state as RequestFacts;
    const traceHeader = trace === undefined ? [] : [TRACE_HEADER, trace.traceId];
    const own = ['X-Request-Id', requestId, ...traceHeader, ...headers];
    if (kept === undefined) {
      const bytes = fast.answer(req, res, own);
      if (bytes !== undefined) Object.assign(context.state, { label: FAST_GENES, bytes });
      return bytes !== undefined;
    }
    const position = String(dependencies.catalogView.position);
    hot.send(kept, res, own);
    const bytes = res.statusCode === 304 ? 0 : kept.body.length;
    Object.assign(context.state, { label: kept.label, bytes, position });
    return true;
  };
}

/** Lets the layers further in answer a request, as far as its client and all bodies together leave room for it. */
function answering({ limits, clientLimits }: HttpDependencies) {
  const bodies = new BodyBudget(limits.bodiesBytesMax);
  return async (context: Context, visit: Visit, next: Next): Promise<void> => {
    if (visit.refusal !== undefined) throw visit.refusal;
    if (limits.emergency && !HEALTH_PATHS.has(context.path)) throw closed();
    const leave = clientLimits.begin(visit);
    context.res.once('close', leave);
    context.state['leave'] = leave;
    context.state['settle'] = (cost: number) => clientLimits.settle(visit, cost);
    context.state['settleBody'] = async (bytes: number) => {
      context.res.once('close', bodies.take(bytes));
      await clientLimits.settleBody(visit, bytes);
    };
    await next();
  };
}

/** What the layers have found out about a request, as far as they came. */
interface RequestFacts {
  readonly label?: RequestLabel;
  readonly trace?: RequestTrace;
  /** Of an answer that was not put together here. */
  readonly bytes?: number;
  readonly position?: string;
  readonly actor?: string;
  readonly visit?: Visit;
  readonly scope?: Scope;
  readonly code?: string;
}

function factsOf({ state, res, method }: Context): Partial<RequestLine> & RequestLabel {
  const facts = state as RequestFacts;
  const { label = labelWithout(method), trace, actor, visit, scope, code } = facts;
  const position = facts.position ?? res.getHeader(POSITION_HEADER);
  const known = withoutUndefined({
    bytes: facts.bytes ?? lengthOf(res.getHeader('Content-Length')),
    traceId: trace?.traceId,
    actor: actor ?? visit?.sender.principal?.subject,
    tenant: scope?.tenant,
    environment: scope?.environment,
    position: typeof position === 'string' ? position : undefined,
    code,
  });
  return { ...label, ...known };
}

function lengthOf(header: unknown): number | undefined {
  return header === undefined ? undefined : Number(header);
}

/** That work was given up because its client has gone is what was asked for. */
function isUnexpected(error: unknown, { res }: Context): boolean {
  if (isRegistryError(error)) return false;
  return !(res.destroyed && error instanceof Error && error.name === 'AbortError');
}

/** Runs a request that is not traced. */
const UNTRACED: Pick<RequestTrace, 'now'> = { now: (work) => work() };

const UNKNOWN: Visit = { sender: {}, client: undefined, headers: [] };

function prepare(
  context: Context,
  { headers }: Visit,
  { requestId, observer }: { readonly requestId: string; readonly observer: HttpObserver },
): void {
  context.state['report'] = (error: unknown) => observer.onError?.(error, requestId);
  context.set('X-Request-Id', requestId);
  const { trace } = context.state as RequestFacts;
  if (trace !== undefined) context.set(TRACE_HEADER, trace.traceId);
  context.set(SECURITY_HEADERS);
  for (let at = 0; at < headers.length; at += 2)
    context.set(headers[at] ?? '', headers[at + 1] ?? '');
}

/** Tells whether a request may be answered without routing: whoever sends it is known, and may read all that is kept. */
function mayUseKept(principal: Principal | undefined, request: IncomingMessage): boolean {
  if (principal === undefined || !mayReadKept(principal)) return false;
  nameScope(principal, request);
  try {
    const [path = '/'] = (request.url ?? '/').split('?');
    const { scope } = scopeOf(path, (name) => headerOf(request, name));
    return maySee(principal, scope);
  } catch {
    // The routes say what is wrong.
    return false;
  }
}

/**
 * Refuses a target that two readers would take for two: with a host in it, with a backslash, or with a fragment. What
 * clients send begins with the path.
 */
function checkTarget({ url = '', method }: IncomingMessage): void {
  if ((url.startsWith('/') && !/[\\#]/.test(url)) || (url === '*' && method === 'OPTIONS')) return;
  throw new RegistryError(
    'INVALID_REQUEST',
    'Cannot use the address: it does not begin with a path, or holds "\\" or "#" (want the path and query alone)',
    { outcome: 'not-applied' },
  );
}

/** Says how to prove who one is (RFC 6750, section 3). */
function challengeOf(
  error: unknown,
  { authorization }: IncomingMessage['headers'],
): string | undefined {
  const realm = 'Bearer realm="atlas-registry"';
  if (isRegistryError(error, 'UNAUTHENTICATED'))
    return authorization === undefined ? realm : `${realm}, error="invalid_token"`;
  if (!isRegistryError(error, 'FORBIDDEN')) return undefined;
  const { scope } = error.details;
  const wanted = typeof scope === 'string' ? `, scope="${scope}"` : '';
  return `${realm}, error="insufficient_scope"${wanted}`;
}

function sendProblem(context: Context, error: unknown, requestId: string): void {
  const { method } = context;
  const isWrite = method !== 'GET' && method !== 'HEAD';
  const traceId = (context.state as RequestFacts).trace?.traceId;
  const problem = toProblem(error, { requestId, traceId, isWrite });
  const retryAfter = retryAfterOf(error, problem.status);
  context.status = problem.status;
  context.body = JSON.stringify(problem);
  context.set('Content-Type', 'application/problem+json');
  // What is refused now may be allowed at once.
  context.set('Cache-Control', 'no-store');
  if (retryAfter !== undefined) context.set('Retry-After', String(retryAfter));
  const challenge = challengeOf(error, context.req.headers);
  if (challenge !== undefined) context.set('WWW-Authenticate', challenge);
  if (isRegistryError(error, 'METHOD_NOT_ALLOWED'))
    context.set('Allow', String(error.details['allow']));
  if (isRegistryError(error, 'RANGE_NOT_SATISFIABLE'))
    context.set('Content-Range', `bytes */${String(error.details['bytes'])}`);
  // What is left of a body that was refused is not read: the connection cannot be used again.
  if (!context.req.complete) context.set('Connection', 'close');
}

function closed(): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    'Cannot answer: this node refuses everything but health (want another node, or ATLAS_EMERGENCY_GLOBAL_BREAKER=false)',
    { retryAfterSeconds: EMERGENCY_RETRY_SECONDS, outcome: 'not-applied' },
  );
}
