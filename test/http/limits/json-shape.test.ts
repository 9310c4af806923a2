import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRegistryError } from '#domain/errors';
import { checkJsonShape } from '#http/limits/json-shape';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const LIMITS = { jsonDepthMax: 8, jsonItemsMax: 10 };

async function isOver(text: string, limits = LIMITS): Promise<boolean> {
  try {
    await checkJsonShape(text, limits);
    return false;
  } catch (error) {
    if (isRegistryError(error, 'TOO_LARGE')) return true;
    throw error;
  }
}

/** The deepest nesting of a value, and the most that one of its arrays or objects holds. */
function shapeOf(value: unknown): { readonly depth: number; readonly items: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, items: 0 };
  const inner = Object.values(value);
  const shapes = inner.map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...shapes.map(({ depth }) => depth)),
    items: Math.max(inner.length, ...shapes.map(({ items }) => items)),
  };
}

describe('checkJsonShape()', () => {
  it('refuses exactly what nests deeper or holds more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 12, depthSize: 'large' }),
        fc.nat(3),
        async (value, indent) => {
          // What is shorter than the depth is not looked at.
          const text = `${' '.repeat(20)}${JSON.stringify(value, undefined, indent)}`;
          const { depth, items } = shapeOf(value);
          const wanted = depth > LIMITS.jsonDepthMax || items > LIMITS.jsonItemsMax;
          expect(await isOver(text)).toBe(wanted);
        },
      ),
      { seed: 22, numRuns: 2_000 },
    );
  });

  it('takes no bracket or comma of a text for one', async () => {
    const text = JSON.stringify({
      a: '[{[{[{[{[{[{[{[{',
      b: ',,,,,,,,,,,,,,,,',
      c: '\\"[[[[[[[[[[\\',
    });
    expect(await isOver(text)).toBe(false);
    expect(await isOver(`"${'\\\\\\"'.repeat(10)}${'['.repeat(20)}"`)).toBe(false);
  });

  it('leaves what is no JSON to its reader', async () => {
    for (const text of [']'.repeat(50), '"'.repeat(51), `"${'[,'.repeat(50)}`, 'x'.repeat(50)])
      expect(await isOver(text)).toBe(false);
  });

  it('lets others have their turn in a long text', async () => {
    const text = `["${'x'.repeat(100)}",${'"yyyyyyyyyyyy",'.repeat(2_000_000)}1]`;
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    expect(await isOver(text, { jsonDepthMax: 8, jsonItemsMax: 10_000_000 })).toBe(false);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('one text that is all of a body', () => {
  it.each([
    ['escapes', String.raw`\"`],
    ['backslashes', '\\\\'],
    ['letters', 'xy'],
  ])('lets others have their turn while its %s are looked at', async (_what, part) => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      waiting = setImmediate(count);
    };
    let waiting = setImmediate(count);
    expect(await isOver(`["${part.repeat(8_388_608)}"]`)).toBe(false);
    clearImmediate(waiting);
    expect(turns).toBeGreaterThan(10);
  });

  it('ends where its quote stands at the end of a turn, and not at one that is escaped', async () => {
    const deep = '['.repeat(20);
    for (let length = 1_048_570; length < 1_048_580; length += 1) {
      const text = 'x'.repeat(length);
      expect(await isOver(`["${text}",${deep}`)).toBe(true);
      expect(await isOver(`["${text}\\"${deep}"`)).toBe(false);
      expect(await isOver(`["${text}\\\\",${deep}`)).toBe(true);
    }
  });
});

describe('every route with a JSON body', () => {
  let started: TestRegistry;
  beforeAll(async () => {
    started = await startTestRegistry();
  });
  afterAll(async () => await started[Symbol.asyncDispose]());

  async function routes(): Promise<readonly (readonly [method: 'POST' | 'PUT', path: string])[]> {
    const document = await started.api.document();
    return Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) => {
        const takesJson =
          path.startsWith('/api/v1/lineage') ||
          'application/json' in
            ((operation as { requestBody?: { content?: object } }).requestBody?.content ?? {});
        const filled = path
          .replaceAll('{name}', 'a.b')
          .replaceAll('{version}', 'v1')
          .replaceAll(/\{\w+\}/g, 'x');
        return takesJson ? [[method === 'put' ? 'PUT' : 'POST', filled] as const] : [];
      }),
    );
  }

  it.each([
    ['nests 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['nests 100,000 deep in objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['holds an array of more than 100,000 items', `{"a":[${'1,'.repeat(400_000)}1]}`],
    [
      'holds an object of more than 100,000 members',
      `{${Array.from({ length: 100_001 }, (_, i) => `"${i.toString(36)}":1`).join(',')}}`,
    ],
  ])('answers 413 at once to one that %s, and to others meanwhile', async (_what, raw) => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(20);
    const headers = { 'Content-Type': 'application/json' };
    for (const [method, path] of all) {
      const began = performance.now();
      const answer = started.api.send(path, { method, raw, headers });
      const health = await started.api.get('/healthz');
      expect(health.status).toBe(200);
      const { status, json } = await answer;
      expect([path, status, json.code]).toEqual([path, 413, 'TOO_LARGE']);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});
