import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { problemSchema } from '#http/api-schemas';
import { permissionOf } from '#http/auth/guard';
import type { ResponseSpec, Route } from '#http/route';
import { SCOPE_HEADERS } from '#http/scope';
import { STALE_DESCRIPTION, STALE_HEADER, showsView } from '#http/stale-reads';

// Every request may come too slowly, from a client that sends too many, or with an address or headers that are too large.
const COMMON_ERRORS = [400, 408, 414, 417, 429, 431, 500, 503];
// Beside what a route says itself.
const BODY_ERRORS = [413, 415];

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

/** Makes the OpenAPI 3.1 document from the routes: what is checked and what is documented are one thing. */
export function openApiDocument(routes: readonly Route[], version: string): Document {
  const registry = new OpenAPIRegistry();
  for (const spec of routes) registry.registerPath(pathOf(spec));
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'Asked for where ATLAS_AUTH is set: a token or an API key. The scopes are those that it must have.',
  });
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Atlas Registry',
      version,
      description:
        'A registry for datasets, contracts and jobs. Every path also stands under /tenants/{tenant}/environments/{environment}; without it the scope comes from the headers Atlas-Tenant and Atlas-Environment, else it is default/dev.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/' },
      {
        url: '/tenants/{tenant}/environments/{environment}',
        variables: {
          tenant: { default: 'default' },
          environment: { default: 'dev' },
        },
      },
    ],
  });
  for (const spec of routes) addHeaders(document, spec);
  return document;
}

function pathOf(spec: Route): Parameters<OpenAPIRegistry['registerPath']>[0] {
  const { body } = spec;
  const content =
    body === 'stream' ? streamContent(spec) : body && { 'application/json': { schema: body } };
  return {
    method: spec.method,
    path: spec.path,
    operationId: spec.operationId,
    summary: spec.summary,
    tags: [spec.tag],
    security: securityOf(spec),
    request: {
      params: spec.params,
      query: spec.query,
      ...(content === undefined ? {} : { body: { required: !spec.bodyIsOptional, content } }),
    },
    responses: Object.fromEntries([...ownResponses(spec), ...errorResponses(spec)]),
  };
}

function streamContent({ streamType }: Route) {
  const bytes = { type: 'string' as const, format: 'binary' };
  return { [streamType]: { schema: streamType === 'application/json' ? {} : bytes } };
}

/** What a route asks for where the registry asks who sends a request. */
function securityOf({ operationId }: Route): { bearer: string[] }[] {
  const permission = permissionOf(operationId);
  return permission === 'public' ? [] : [{ bearer: [...permission] }];
}

function ownResponses(spec: Route) {
  const stale = showsView(spec) ? { [STALE_HEADER]: STALE_DESCRIPTION } : {};
  return Object.entries(spec.responses).map(([status, response]) => {
    const headers = { ...response.headers, ...stale };
    const has = Object.keys(headers).length > 0;
    return [status, responseOf(has ? { ...response, headers } : response)] as const;
  });
}

function responseOf({ description, schema, lines, textType, contentType, headers }: ResponseSpec) {
  const type = contentType ?? 'application/json';
  const body = schema ?? (contentType === undefined ? undefined : { type: 'string' as const });
  return {
    description,
    ...(body === undefined
      ? {}
      : { content: { [type]: { schema: body }, ...linesOf(lines), ...textOf(textType) } }),
    ...(headers === undefined ? {} : { headers: headerObjects(headers) }),
  };
}

function linesOf(lines: ResponseSpec['lines']) {
  return lines === undefined ? {} : { 'application/x-ndjson': { schema: lines } };
}

function textOf(textType: ResponseSpec['textType']) {
  return textType === undefined ? {} : { [textType]: { schema: { type: 'string' as const } } };
}

function headerObjects(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
}

function errorResponses({ operationId, errors, responses, body }: Route) {
  const guarded = permissionOf(operationId) === 'public' ? [403] : [401, 403, 404];
  const ofBody = body === undefined ? [] : body === 'stream' ? [413] : BODY_ERRORS;
  const statuses = [...COMMON_ERRORS, ...guarded, ...ofBody, ...errors].filter(
    (status) => !(status in responses),
  );
  return [...new Set(statuses)].map((status) => {
    const content = { 'application/problem+json': { schema: problemSchema } };
    return [String(status), { description: 'What went wrong', content }] as const;
  });
}

// Headers that every operation takes. Written here, because schemas describe headers by route.
function addHeaders(document: Document, spec: Route): void {
  const operation = document.paths?.[spec.path]?.[spec.method];
  if (operation === undefined) return;
  const header = (name: string, description: string) => ({
    name,
    description,
    in: 'header' as const,
    required: false,
    schema: { type: 'string' as const },
  });
  operation.parameters = [
    ...(operation.parameters ?? []),
    ...SCOPE_HEADERS.map((name) => header(name, 'Scope of the request')),
    ...(spec.isCommand ? [header('Idempotency-Key', 'Makes a retry return the first answer')] : []),
    ...(spec.method === 'get' && spec.tag !== 'health'
      ? [header('Atlas-Min-Position', 'Wait until this position is shown')]
      : []),
  ];
}
