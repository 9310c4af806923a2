import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTH_SCOPES, type AuthScope } from '#http/auth/auth-scope';
import { PERMISSIONS } from '#http/auth/permissions';
import { Api } from '#test/support/api';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';
import { CLAIMS } from '#test/support/tokens';
import { wrongTokens } from '#test/support/wrong-tokens';

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly operationId: string;
}

const RUNNING_MAX = 16;
const DEBUG = new Set(['metrics', 'cacheStats', 'datasetHealth', 'registryHealth']);
let registry: GuardedRegistry;
let url: string;
let operations: readonly Operation[];

beforeAll(async () => {
  registry = await startGuardedRegistry();
  ({ url } = registry);
  operations = await operationsOf(url);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

/** Reads the routes that the registry says it has, with something in every place of their paths. */
async function operationsOf(base: string): Promise<readonly Operation[]> {
  const document = (await (await fetch(`${base}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      method: method.toUpperCase() as Operation['method'],
      path: path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'version' ? '1.0.0' : 'a.b')),
      operationId,
    })),
  );
}

async function statusOf(operation: Operation, token: string | undefined, headers = {}) {
  const { method, path } = operation;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'GET' ? {} : { body: '{}' }),
    signal: AbortSignal.timeout(10_000),
  });
  // A stream that was opened has no end.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  return { status: response.status, text, challenge: response.headers.get('www-authenticate') };
}

async function forAll<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: RUNNING_MAX }, lane));
}

const guarded = () => operations.filter(({ operationId }) => PERMISSIONS[operationId] !== 'public');
const isWrite = ({ method }: Operation) => method !== 'GET';

describe('the table of permissions', () => {
  it('has a row for every route and no other', () => {
    const routes = operations.map(({ operationId }) => operationId);
    // They show what belongs to all tenants, and are not there where tokens are for one.
    const rows = Object.keys(PERMISSIONS).filter((operationId) => !DEBUG.has(operationId));
    expect(routes.toSorted()).toEqual(rows.toSorted());
  });

  it('lets every write ask for more than to read', () => {
    // They change nothing: their questions are only too long for an address.
    const asking = new Set(['checkContract', 'lookupGenes', 'ensemblLookups', 'diffContracts']);
    for (const { operationId } of operations.filter(isWrite)) {
      if (asking.has(operationId)) continue;
      const permission = PERMISSIONS[operationId] ?? 'public';
      expect(permission, operationId).not.toBe('public');
      for (const scope of permission) expect(scope, operationId).not.toMatch(/:read$/);
    }
  });

  it('is what the OpenAPI document says', async () => {
    const api = new Api(url);
    const document = (await api.document()) as never as {
      paths: Record<
        string,
        Record<string, { operationId: string; security: { bearer: string[] }[] }>
      >;
    };
    for (const { operationId, security } of Object.values(document.paths).flatMap(Object.values)) {
      const permission = PERMISSIONS[operationId];
      expect(security).toEqual(permission === 'public' ? [] : [{ bearer: permission }]);
    }
  });
});

describe('every route', () => {
  it('is closed without a token, and says how to open it', async () => {
    await forAll(guarded(), async (operation) => {
      const { status, challenge } = await statusOf(operation, undefined);
      expect([operation.operationId, status]).toEqual([operation.operationId, 401]);
      expect(challenge).toBe('Bearer realm="atlas-registry"');
    });
  });

  it('is closed to every forged or wrong token', async () => {
    const tokens = Object.entries(await wrongTokens()).filter(([, token]) =>
      /^[!-~]+$/.test(token),
    );
    expect(tokens.length).toBeGreaterThanOrEqual(60);
    const pairs = guarded().flatMap((operation) => tokens.map((token) => ({ operation, token })));
    await forAll(pairs, async ({ operation, token: [name, token] }) => {
      const { status, text, challenge } = await statusOf(operation, token);
      expect([operation.operationId, name, status]).toEqual([operation.operationId, name, 401]);
      expect(challenge).toBe('Bearer realm="atlas-registry", error="invalid_token"');
      if (token.length > 20) expect(text).not.toContain(token);
    });
  });

  it('is closed to a token with every scope but the ones that it asks for, which it names', async () => {
    await forAll(guarded(), async (operation) => {
      const wanted = PERMISSIONS[operation.operationId] as readonly AuthScope[];
      for (const missing of wanted) {
        const others = AUTH_SCOPES.filter(
          (scope) => scope !== missing && scope !== 'registry:admin',
        );
        const token = await goodToken({ scope: others.join(' ') });
        const { status, text, challenge } = await statusOf(operation, token);
        expect([operation.operationId, status]).toEqual([operation.operationId, 403]);
        expect(JSON.parse(text)).toMatchObject({ code: 'FORBIDDEN', details: { scope: missing } });
        expect(challenge).toContain(`scope="${missing}"`);
      }
    });
  });

  it('is closed to another tenant and environment as if nothing were there, by header and by path', async () => {
    const token = await goodToken();
    const foreign = [
      { tenant: 'other', environment: 'dev' },
      { tenant: CLAIMS.tenant, environment: 'test' },
    ];
    await forAll(guarded(), async (operation) => {
      for (const { tenant, environment } of foreign) {
        const headers = { 'Atlas-Tenant': tenant, 'Atlas-Environment': environment };
        const path = `/tenants/${tenant}/environments/${environment}${operation.path}`;
        for (const { status, text } of [
          await statusOf(operation, token, headers),
          await statusOf({ ...operation, path }, token),
        ]) {
          expect([operation.operationId, status]).toEqual([operation.operationId, 404]);
          expect(JSON.parse(text).code).toBe('NOT_FOUND');
        }
      }
    });
  });

  it('opens for the scopes that it asks for', async () => {
    await forAll(guarded(), async (operation) => {
      const wanted = PERMISSIONS[operation.operationId] as readonly AuthScope[];
      const token = await goodToken({ scope: wanted.join(' ') });
      const { status } = await statusOf(operation, token);
      expect([operation.operationId, [401, 403, 500].includes(status)]).toEqual([
        operation.operationId,
        false,
      ]);
    });
  });
});

describe('every answer', () => {
  it('tells browsers that it is data, and caches that it depends on the token', async () => {
    const token = await goodToken();
    await forAll(operations, async ({ method, path }) => {
      for (const headers of [{}, { Authorization: `Bearer ${token}` }]) {
        const body = method === 'GET' ? {} : { body: '{}' };
        const response = await fetch(`${url}${path}`, { method, headers, ...body });
        await response.body?.cancel();
        expect(response.headers.get('x-content-type-options'), path).toBe('nosniff');
        expect(response.headers.get('x-frame-options'), path).toBe('DENY');
        expect(response.headers.get('content-security-policy'), path).toBe(
          "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        );
        expect(response.headers.get('cross-origin-resource-policy'), path).toBe('same-origin');
        expect(response.headers.get('referrer-policy'), path).toBe('no-referrer');
        expect(response.headers.get('access-control-allow-origin'), path).toBeNull();
        expect(response.headers.get('set-cookie'), path).toBeNull();
        expect(response.headers.get('cache-control') ?? '', path).not.toMatch(/public/);
      }
    });
  });

  it('says whether browsers may keep it: nothing that has no tag, and no refusal', async () => {
    const token = await goodToken();
    await forAll(guarded(), async ({ method, path }) => {
      for (const headers of [{}, { Authorization: `Bearer ${token}` }]) {
        const body = method === 'GET' ? {} : { body: '{}' };
        const response = await fetch(`${url}${path}`, { method, headers, ...body });
        await response.body?.cancel();
        const caching = response.headers.get('cache-control');
        if (!response.ok || response.headers.get('etag') === null)
          expect([path, caching]).toEqual([path, 'no-store']);
        else expect([path, caching]).toEqual([path, expect.stringMatching(/^(private|no-cache)/)]);
      }
    });
  });

  it('says what it is, and in which characters where its type leaves that open', async () => {
    const token = await goodToken({ scope: 'registry:admin' });
    await forAll(operations, async ({ method, path }) => {
      const headers = { Authorization: `Bearer ${token}` };
      const body = method === 'GET' ? {} : { body: '{}' };
      const response = await fetch(`${url}${path}`, { method, headers, ...body });
      await response.body?.cancel();
      const type = response.headers.get('content-type');
      expect([path, type]).toEqual([
        path,
        expect.stringMatching(
          /^(application\/((problem\+)?json|x-ndjson|octet-stream)|text\/[a-z-]+; charset=utf-8)$/,
        ),
      ]);
    });
  });
});
