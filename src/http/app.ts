import { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { z } from 'zod';
import { quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import { actionProfileRoutes } from '#http/action-profile-routes';
import { apiKeyRoutes } from '#http/api-key-routes';
import { artifactRoutes } from '#http/artifact-routes';
import { auditRoutes } from '#http/audit-routes';
import { admit, checkPermission, nameScope } from '#http/auth/guard';
import { privateReply } from '#http/auth/private-caching';
import { boundary, type HttpObserver } from '#http/boundary';
import { cacheRoutes } from '#http/cache-routes';
import { catalogRoutes } from '#http/catalog-routes';
import { compatibilityRoutes } from '#http/compatibility-routes';
import { consolePages } from '#http/console-pages';
import { contractCheckRoutes } from '#http/contract-check-routes';
import { contractCommandRoutes } from '#http/contract-command-routes';
import { contractListRoutes } from '#http/contract-list-routes';
import { contractRoutes } from '#http/contract-routes';
import { datasetCommandRoutes } from '#http/dataset-commands-routes';
import { datasetContractRoutes } from '#http/dataset-contract-routes';
import { datasetHistoryRoute } from '#http/dataset-history-route';
import { datasetRoutes } from '#http/dataset-routes';
import { debugRoutes } from '#http/debug-routes';
import { definitionUserRoutes } from '#http/definition-user-routes';
import type { HttpDependencies } from '#http/dependencies';
import { drillRoutes } from '#http/drill-routes';
import { ensemblRoutes } from '#http/ensembl-routes';
import { eventDocumentRoute } from '#http/event-document-route';
import { eventRoutes } from '#http/event-routes';
import { FastGenes } from '#http/fast-genes';
import { geneRoutes } from '#http/gene-routes';
import { healthRoutes } from '#http/health-routes';
import { HotReads } from '#http/hot-reads';
import { jobDefinitionRoutes } from '#http/job-definition-routes';
import { jobEventRoutes } from '#http/job-event-routes';
import { jobRunBatchRoutes } from '#http/job-run-batch-routes';
import { jobRunCommandRoutes } from '#http/job-run-command-routes';
import { jobRunRoutes } from '#http/job-run-routes';
import type { Visit } from '#http/limits/client-limits';
import { lineageDocumentRoutes } from '#http/lineage-document-routes';
import { lineageRoutes } from '#http/lineage-routes';
import { metricsRoutes } from '#http/metrics-routes';
import { openApiDocument } from '#http/openapi';
import { headerOf, parseRequest } from '#http/parse-request';
import { takeToken } from '#http/rate-limit';
import { labelOf } from '#http/request-label';
import { requestTraces } from '#http/request-traces';
import { respond } from '#http/respond';
import { type Route, route } from '#http/route';
import { rowRoutes } from '#http/row-routes';
import { scopeOf, VARY } from '#http/scope';
import { servedDatasetRoutes } from '#http/served-dataset-routes';
import { isStale, STALE_HEADER, staleReply } from '#http/stale-reads';
import { stateMachineRoutes } from '#http/state-machine-routes';
import { storeRoutes } from '#http/store-routes';
import { webhookRoutes } from '#http/webhook-routes';

/** Assembles the HTTP side, from the outside in: request id and errors, scope, routes. */
export function buildApp(dependencies: HttpDependencies, observer: HttpObserver = {}): Koa {
  const app = new Koa();
  const routes = allRoutes(dependencies);
  const router = new Router();
  const hot = new HotReads({
    view: dependencies.catalogView,
    bytesMax: dependencies.limits.hotReadBytesMax,
  });
  for (const spec of routes) {
    const path = spec.path.replaceAll(/\{(\w+)\}/g, toRouterParameter);
    router[spec.method](path, handler(spec, dependencies, hot));
  }
  const fast = new FastGenes(dependencies);
  if (dependencies.tracer.isOn) app.use(requestTraces(dependencies.tracer));
  app.use(boundary(dependencies, { observer, hot, fast }));
  app.use(consolePages(dependencies.console));
  app.use(scoped());
  app.use(router.routes());
  app.use(unknownPath(router));
  // Errors of connections that broke; everything else ends in the boundary.
  app.on('error', () => undefined);
  return app;
}

/** All routes of a node, with the one that describes them. */
export function allRoutes(dependencies: HttpDependencies): readonly Route[] {
  const routes = [
    ...healthRoutes(dependencies),
    ...datasetCommandRoutes(dependencies),
    ...datasetRoutes(dependencies),
    datasetHistoryRoute(dependencies),
    ...contractCommandRoutes(dependencies),
    ...contractListRoutes(dependencies),
    // Before one version, whose name they would be taken for.
    ...compatibilityRoutes(dependencies),
    ...contractCheckRoutes(dependencies),
    ...contractRoutes(dependencies),
    ...datasetContractRoutes(dependencies),
    ...jobRunCommandRoutes(dependencies),
    // Before one run, whose id it would be taken for.
    ...jobRunBatchRoutes(dependencies),
    ...jobDefinitionRoutes(dependencies),
    ...actionProfileRoutes(dependencies),
    ...definitionUserRoutes(dependencies),
    ...stateMachineRoutes(),
    ...jobRunRoutes(dependencies),
    ...jobEventRoutes(dependencies),
    ...lineageRoutes(dependencies),
    ...lineageDocumentRoutes(dependencies),
    ...eventRoutes(dependencies),
    eventDocumentRoute(dependencies),
    ...auditRoutes(dependencies),
    ...apiKeyRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...artifactRoutes(dependencies),
    ...catalogRoutes(dependencies),
    ...storeRoutes(dependencies),
    ...geneRoutes(dependencies),
    // Before the dataset itself, whose name may go on.
    ...rowRoutes(dependencies),
    ...servedDatasetRoutes(dependencies),
    ...ensemblRoutes(dependencies),
    ...cacheRoutes(dependencies),
    ...drillRoutes(dependencies),
    ...debugRoutes(dependencies),
    ...metricsRoutes(dependencies),
  ];
  let document: string | undefined;
  const describe: Route = route({
    method: 'get',
    path: '/openapi.json',
    operationId: 'openapi',
    summary: 'Describe this API as OpenAPI 3.1',
    tag: 'health',
    responses: { 200: { description: 'The document', schema: z.looseObject({}) } },
    handle: async () => {
      document ??= JSON.stringify(openApiDocument([...routes, describe], dependencies.version));
      return { status: 200, body: document };
    },
  });
  return [...routes, describe];
}

// A dataset's name spans segments: everything up to the end, or up to the verb behind it.
function toRouterParameter(...[, name, , path]: [string, string, number, string]): string {
  return name === 'name' && path.includes('/datasets/') ? `*${name}` : `:${name}`;
}

function handler(spec: Route, dependencies: HttpDependencies, hot: HotReads): Middleware {
  const { limits } = dependencies;
  const label = labelOf(spec);
  const { rateLimit } = dependencies.serving;
  return async (context) => {
    if (spec.isLimited && rateLimit !== undefined) await takeToken(rateLimit, context);
    const { guard } = dependencies;
    const { visit, scope, leave } = context.state as RequestState;
    const { sender } = visit;
    context.state['label'] = label;
    const stale = isStale(dependencies, spec);
    // Also where it is refused: what is not there may be there.
    if (stale) context.set(STALE_HEADER, 'FROZEN');
    // Before a body is read, and again when it says what for.
    if (guard !== undefined) admit(spec.operationId, sender, scope);
    // Its client waits for this word before it sends the body.
    if (context.req.headers.expect !== undefined) context.res.writeContinue();
    const request = await parseRequest(spec, context, limits);
    context.state['actor'] = request.actor;
    if (guard !== undefined) checkPermission(spec.operationId, sender.principal, request.body);
    const { trace } = request;
    // A command hands its trace on: it waits for the log, and promises would be followed all that time.
    const made =
      trace === undefined || spec.isCommand
        ? await spec.handle(request, context)
        : await trace.run(async () => spec.handle(request, context));
    const shown = guard === undefined ? made : privateReply(made);
    const reply = stale ? staleReply(shown) : shown;
    // What shows the past is asked for once.
    const key = context.state['hotKey'] as string | undefined;
    if (!stale && spec.keep !== undefined && key !== undefined && !('at' in request.query))
      hot.keep(key, reply, spec);
    // It goes on for as long as its client likes, and is counted elsewhere.
    if (spec.isLongLived) leave();
    respond(context, reply);
  };
}

/** What the layers before a route have found out. */
interface RequestState {
  readonly visit: Visit;
  readonly scope: Scope;
  /** Gives back the place among the requests of the client. */
  readonly leave: () => void;
}

function scoped(): Middleware {
  return async (context, next) => {
    context.set('Vary', VARY);
    const { principal } = (context.state as RequestState).visit.sender;
    if (principal !== undefined) nameScope(principal, context.req);
    const { scope, path, prefix } = scopeOf(context.path, (name) => headerOf(context.req, name));
    context.state['principal'] = principal;
    context.state['scope'] = scope;
    context.state['prefix'] = prefix;
    if (path !== context.path) context.path = path;
    await next();
  };
}

function unknownPath(router: Router): Middleware {
  return async (context) => {
    const { path, method } = context;
    const others = router.stack.filter((layer) => layer.match(path));
    const allow = [...new Set(others.flatMap((layer) => layer.methods))].toSorted().join(', ');
    if (others.length > 0) {
      throw new RegistryError(
        'METHOD_NOT_ALLOWED',
        `Cannot ${method} ${quote(path)}: it has no such method (want one of ${allow})`,
        {
          details: { allow },
        },
      );
    }
    throw new RegistryError(
      'NOT_FOUND',
      `Cannot ${method} ${quote(path)}: there is no such path (want one of GET /openapi.json)`,
    );
  };
}
