import { z } from 'zod';
import { issueApiKey } from '#commands/issue-api-key';
import { apiKeyNotFound, revokeApiKey } from '#commands/revoke-api-key';
import { parseApiKeyId } from '#domain/api-key';
import { sameScope } from '#domain/scope';
import { toTimestamp } from '#flow/clock';
import { cursorQuery, integerQuery, plainText, timestamp } from '#http/api-schemas';
import { apiKeyIdOf, makeApiKey } from '#http/auth/api-key-text';
import { AUTH_SCOPES, isAuthScope } from '#http/auth/auth-scope';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import { POSITION_HEADER, waitForMinimum } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import type { FoundApiKey } from '#projections/catalog/api-key-queries';

const NAME_MAX = 128;
const REASON_MAX = 1_000;
const DAYS_MAX = 366;
const DAYS_DEFAULT = 90;
const DAY_MS = 86_400_000;
const PAGE = { min: 1, max: 1_000, default: 100 };

const keyFields = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  status: z.enum(['active', 'expired', 'revoked']),
  issued_at: timestamp,
  issued_by: z
    .string()
    .optional()
    .meta({ description: 'Absent while this node cannot look it up' }),
  expires_at: timestamp,
  revoked_at: timestamp.optional(),
};
const keySchema = z.strictObject(keyFields).meta({ id: 'ApiKey' });
const issuedSchema = z
  .strictObject({
    ...keyFields,
    key: z.string().optional().meta({
      description:
        'What its holder sends as a bearer token. Shown this once: an answer that is given again does not hold it',
    }),
  })
  .meta({ id: 'IssuedApiKey' });
const pageSchema = z
  .strictObject({ api_keys: z.array(keySchema), next_cursor: z.string().optional() })
  .meta({ id: 'ApiKeyPage' });
const cursorSchema = z.strictObject({ before: z.number().int().min(1) });

const issueBody = z
  .strictObject({
    name: plainText(NAME_MAX).meta({ description: 'For people: which service holds it' }),
    scopes: z
      .array(z.enum(AUTH_SCOPES))
      .min(1)
      .max(AUTH_SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, 'want every scope once')
      .meta({ uniqueItems: true }),
    expires_in_days: z.number().int().min(1).max(DAYS_MAX).default(DAYS_DEFAULT),
  })
  .meta({ id: 'IssueApiKey' });
const revokeBody = z
  .strictObject({ reason: plainText(REASON_MAX).optional() })
  .meta({ id: 'RevokeApiKey' });
const keyParams = z.strictObject({ id: z.string() });

/** The routes of API keys: for services that have no issuer of tokens. Each is for one tenant and environment. */
export function apiKeyRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [issue(dependencies), list(dependencies), get(dependencies), revoke(dependencies)];
}

function issue(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/api-keys',
    operationId: 'issueApiKey',
    summary: 'Issue a key with which a service can act in this tenant and environment',
    tag: 'api-keys',
    isCommand: true,
    body: issueBody,
    errors: [409, 413, 415, 422, 507],
    responses: { 201: { description: 'The key. Nobody can show it again', schema: issuedSchema } },
    handle: async (request) => {
      const { apiKeys } = writableCommands(dependencies);
      const context = commandContext(dependencies, 'issueApiKey', request);
      const { name, scopes, expires_in_days: days } = request.body;
      const { id, secretHash, text } = makeApiKey(apiKeyIdOf(context));
      const expiresAt = toTimestamp(dependencies.clock.nowMs() + days * DAY_MS);
      const grant = { name, scopes: scopes.toSorted(), expiresAt, secretHash };
      const answer = await issueApiKey(apiKeys, context, { id, grant });
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const { state } = answer;
      if (state === undefined) throw apiKeyNotFound(id);
      const found = { id, issuedBy: context.actor, key: state };
      const shown = answer.replayed ? {} : { key: text };
      return {
        status: 201,
        headers: {
          ...headers,
          'Cache-Control': 'no-store',
          Location: `${request.prefix}/registry/api-keys/${id}`,
        },
        body: { ...keyJson(found, dependencies.clock.nowMs()), ...shown },
      };
    },
  });
}

function list(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/api-keys',
    operationId: 'listApiKeys',
    summary: 'List the keys of this tenant and environment, the newest first',
    tag: 'api-keys',
    query: z.strictObject({ limit: integerQuery(PAGE), cursor: cursorQuery }),
    responses: { 200: { description: 'A page of keys', schema: pageSchema } },
    handle: async ({ query: { limit, cursor }, scope, header }) => {
      const { catalog, catalogView, clock, limits } = dependencies;
      await waitForMinimum(catalogView, header, { waitMs: limits.readWaitMs });
      const after = decodeCursor(cursor, cursorSchema);
      const found = catalog().apiKeys.list(scope, { limit: limit + 1, ...after });
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      const next = last && { next_cursor: encodeCursor({ before: last.position }) };
      const nowMs = clock.nowMs();
      return {
        status: 200,
        headers: { [POSITION_HEADER]: String(catalogView.position) },
        body: { api_keys: shown.map((key) => keyJson(key, nowMs)), ...next },
      };
    },
  });
}

function get(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/api-keys/{id}',
    operationId: 'getApiKey',
    summary: 'Get one key, without its secret',
    tag: 'api-keys',
    params: keyParams,
    errors: [404],
    responses: { 200: { description: 'The key', schema: keySchema } },
    handle: async ({ params, scope, header }) => {
      const { catalog, catalogView, clock, limits } = dependencies;
      await waitForMinimum(catalogView, header, { waitMs: limits.readWaitMs });
      const id = parseApiKeyId(params.id);
      const found = catalog().apiKeys.find(id);
      if (found === undefined || !sameScope(found.scope, scope)) throw apiKeyNotFound(id);
      const headers = { [POSITION_HEADER]: String(catalogView.position) };
      return { status: 200, headers, body: keyJson(found, clock.nowMs()) };
    },
  });
}

function revoke(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/api-keys/{id}/revoke',
    operationId: 'revokeApiKey',
    summary: 'Take a key back. It is refused from then on by every node that has seen this',
    tag: 'api-keys',
    isCommand: true,
    params: keyParams,
    body: revokeBody,
    bodyIsOptional: true,
    errors: [404, 409, 413, 415, 422, 507],
    responses: { 200: { description: 'The key is revoked', schema: keySchema } },
    handle: async (request) => {
      const { apiKeys } = writableCommands(dependencies);
      const id = parseApiKeyId(request.params.id);
      const context = commandContext(dependencies, 'revokeApiKey', request);
      const { reason } = request.body;
      const command = { id, ...(reason === undefined ? {} : { reason }) };
      const answer = await revokeApiKey(apiKeys, context, command);
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const { state } = answer;
      const found = dependencies.catalog().apiKeys.find(id);
      if (state === undefined) throw apiKeyNotFound(id);
      // Where the view is late, the command knows more.
      const key = { id, issuedBy: found?.issuedBy, key: state };
      return { status: 200, headers, body: keyJson(key, dependencies.clock.nowMs()) };
    },
  });
}

function keyJson(
  {
    id,
    issuedBy,
    key,
  }: Pick<FoundApiKey, 'id' | 'key'> & { readonly issuedBy: string | undefined },
  nowMs: number,
): z.output<typeof keySchema> {
  const { name, scopes, issuedAt, expiresAt, revokedAt } = key;
  const isExpired = Date.parse(expiresAt) <= nowMs;
  return {
    id,
    name,
    scopes: scopes.filter(isAuthScope),
    status: revokedAt === undefined ? (isExpired ? 'expired' : 'active') : 'revoked',
    issued_at: issuedAt,
    ...(issuedBy === undefined ? {} : { issued_by: issuedBy }),
    expires_at: expiresAt,
    ...(revokedAt === undefined ? {} : { revoked_at: revokedAt }),
  };
}
