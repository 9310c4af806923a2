import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPage } from '#http/auth/foreign-pages';
import { sendRaw } from '#test/support/raw-client';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let started: TestRegistry;
let own: string;
beforeAll(async () => {
  started = await startTestRegistry({ ATLAS_HOST_NAMES: 'registry.example, Other.example' });
  own = new URL(started.registry.url).host;
});
afterAll(async () => await started[Symbol.asyncDispose]());

async function ask(method: string, path: string, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status, json } = await sendRaw(
    started.registry.url,
    `${method} ${path} HTTP/1.1\r\nConnection: close\r\n${lines.join('')}\r\n`,
  );
  return { status, code: json?.code, outcome: json?.outcome };
}

const REFUSED = { status: 403, code: 'CROSS_SITE', outcome: 'not-applied' };
// Needs no leave of the browser to be sent to another site: no body, no header of one's own.
const SIMPLE = ['POST', '/registry/job-runs/0190a0b0-0000-7000-8000-000000000000/cancel'] as const;

describe('a registry that asks nobody who they are', () => {
  it.each<[string, Record<string, string>]>([
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['another port of this machine', { 'Sec-Fetch-Site': 'same-site' }],
    ['an old browser at another site', { Origin: 'https://evil.example' }],
    ['a frame without an origin', { Origin: 'null' }],
    ['a name that begins like this one', { Origin: 'http://localhost.evil.example' }],
    ['another origin that claims a site of no name', { 'Sec-Fetch-Site': '' }],
  ])('takes no write from a page of %s', async (_page, headers) => {
    expect(await ask(...SIMPLE, { Host: own, ...headers })).toMatchObject(REFUSED);
  });

  it('takes writes from its own pages and from whatever is no browser', async () => {
    const others = [
      {},
      { 'Sec-Fetch-Site': 'same-origin', Origin: `http://${own}` },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: `http://${own}` },
      { Origin: `https://${own}` },
    ];
    for (const headers of others)
      expect((await ask(...SIMPLE, { Host: own, ...headers })).code).toBe('NOT_FOUND');
  });

  it('answers nothing, from memory neither, to a page whose own name leads here', async () => {
    for (let times = 0; times < 3; times += 1) {
      expect((await ask('GET', '/catalog', { Host: own })).status).toBe(200);
      for (const Host of [
        `evil.example:3001`,
        'evil.example',
        '127.0.0.1.evil.example',
        'localhostx',
      ])
        expect(await ask('GET', '/catalog', { Host })).toMatchObject({
          ...REFUSED,
          outcome: undefined,
        });
    }
    const page = {
      Host: 'evil.example',
      'Sec-Fetch-Site': 'same-origin',
      Origin: 'http://evil.example',
    };
    expect(await ask(...SIMPLE, page)).toMatchObject(REFUSED);
  });

  it('answers under the names of its machine, addresses, and those that a setting adds', async () => {
    const names = [
      'localhost',
      'LOCALHOST:80',
      'a.localhost',
      '127.0.0.1',
      '[::1]:3001',
      '10.1.2.3',
    ];
    for (const Host of [...names, 'registry.example', 'other.example:443', 'REGISTRY.example.'])
      expect([Host, (await ask('GET', '/catalog', { Host })).status]).toEqual([Host, 200]);
  });

  it('lets no page of another origin read an answer or ask what it may send', async () => {
    const Origin = 'https://evil.example';
    const asked = { Host: own, Origin, 'Access-Control-Request-Method': 'PUT' };
    expect((await ask('OPTIONS', '/registry/datasets', asked)).status).toBe(405);
    const answer = await fetch(`${started.registry.url}/catalog`, { headers: { Origin } });
    const names = [...answer.headers.keys()];
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

it('checkPage() takes any name where others reach the registry anyway, and no page of another site', () => {
  const check = (headers: Record<string, string>) => () =>
    checkPage({ headers, method: 'POST' } as never, { hosts: undefined });
  expect(check({ host: 'registry.internal:3001' })).not.toThrow();
  expect(check({ host: 'registry.internal', origin: 'http://evil.example' })).toThrow(
    /^Cannot answer the request: a page of "http:\/\/evil\.example" sent it/,
  );
});
