import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

/** What the README says of a route, or the description of the API. */
interface RouteText {
  readonly takesKey: boolean;
  readonly query: readonly string[];
}

type Routes = Readonly<Record<string, RouteText>>;

/** Served only where somebody has enabled it, and so not part of the description. */
const HIDDEN = '/debug/';

describe('the table of routes in the README', () => {
  let registry: TestRegistry;
  let described: Routes;
  const written = routesOf(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8'));

  beforeAll(async () => {
    registry = await startTestRegistry({ ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' });
    described = describedRoutes((await registry.api.get('/openapi.json')).json.paths);
  });
  afterAll(async () => await registry[Symbol.asyncDispose]());

  it('names every route that is served, and no other', () => {
    expect(Object.keys(written).toSorted()).toStrictEqual(Object.keys(described).toSorted());
  });

  it('names every query parameter of each', () => {
    expect(mapped(written, ({ query }) => query)).toStrictEqual(
      mapped(described, ({ query }) => query),
    );
  });

  it('says of each whether it takes an Idempotency-Key', () => {
    expect(mapped(written, ({ takesKey }) => takesKey)).toStrictEqual(
      mapped(described, ({ takesKey }) => takesKey),
    );
  });
});

function mapped<T>(routes: Routes, value: (route: RouteText) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, value(route)]));
}

function describedRoutes(
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>,
): Routes {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { parameters = [] }]) => [
        `${method.toUpperCase()} ${path}`,
        {
          takesKey: parameters.some(({ name }) => name === 'Idempotency-Key'),
          query: parameters
            .filter((parameter) => parameter.in === 'query')
            .map(({ name }) => name)
            .toSorted(),
        },
      ]),
    ),
  );
}

function routesOf(readme: string): Routes {
  const [, section = ''] = readme.split('\n## Routes\n');
  const [table = ''] = section.split('\n## ');
  const rows = [...table.matchAll(/^\| (`[A-Z].*?) \| .*? \| (.*?) ?\| (.*?) ?\|$/gm)];
  return Object.fromEntries(
    rows.flatMap(([, names = '', key = '', query = '']) =>
      namesIn(names).map((name) => [
        name,
        {
          takesKey: key === 'yes',
          query: spansOf(query).toSorted(),
        },
      ]),
    ),
  );
}

/** Gives the routes of a cell. A path alone has the method before it; `…` is all but the last segment of the path before. */
function namesIn(cell: string): readonly string[] {
  const names: string[] = [];
  let method = '';
  let path = '';
  for (const span of spansOf(cell)) {
    const told = /^(?:(?<verb>[A-Z]+) )?(?<rest>[/…].*)$/u.exec(span)?.groups;
    if (told === undefined) continue;
    method = told['verb'] ?? method;
    path = (told['rest'] ?? '').replace('…', path.slice(0, path.lastIndexOf('/')));
    if (!path.startsWith(HIDDEN)) names.push(`${method} ${path}`);
  }
  return names;
}

function spansOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '');
}
