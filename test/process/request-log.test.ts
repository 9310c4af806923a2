import { expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { startProcess } from '#test/support/process';
import { sendRaw } from '#test/support/raw-client';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MARK = 'MARKEDhunter2';
const JWT = `eyJhbGciOiJub25lIn0.eyJ4IjoxfQ.${MARK}`;

interface Line {
  readonly msg: string;
  readonly requestId: string;
  readonly [field: string]: unknown;
}

function linesOf({ stderr }: { stderr: () => string }): readonly Line[] {
  return stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ msg }) => msg === 'request');
}

it('a line says what a request was, how it went, how long it took and how much it gave', async () => {
  using folder = tempFolder();
  await using registry = startProcess(folder.path, {
    ATLAS_LOG_LEVEL: 'info',
    ATLAS_LOG_REQUESTS: 'health=1',
  });
  const api = await registry.ready();
  const name = `a/${newId()}`;
  const made = await api.post('/registry/datasets', { name, schema_fingerprint: 'fp' });
  const asked = [made];
  // The third one comes from memory.
  for (let i = 0; i < 3; i += 1) asked.push(await api.get(`/registry/datasets/${name}`));
  asked.push(await api.get('/healthz'));
  const lines = await eventually('their lines', () => {
    const found = asked.map(({ headers }) =>
      linesOf(registry).find((line) => line.requestId === headers.get('x-request-id')),
    );
    return found.every((line) => line !== undefined) ? found : undefined;
  });
  const numbers = { durationMs: expect.any(Number), bytes: expect.any(Number) };
  const read = {
    class: 'read',
    operation: 'getDataset',
    route: '/registry/datasets/{name}',
    path: `/registry/datasets/${name}`,
    status: 200,
    position: String(made.position),
    bytes: Buffer.byteLength(asked[1]?.text ?? ''),
  };
  expect(lines).toMatchObject([
    {
      class: 'command',
      route: '/registry/datasets',
      position: String(made.position),
      status: 201,
      ...numbers,
    },
    read,
    read,
    read,
    { class: 'health', route: '/healthz', status: 200, ...numbers },
  ]);
});

it('of classes that are worth nothing the lines of errors are all that is written, and none holds a secret', async () => {
  using folder = tempFolder();
  await using registry = startProcess(folder.path, {
    ATLAS_LOG_LEVEL: 'info',
    ATLAS_LOG_REQUESTS: 'health=0,read=0,check=0,command=0',
    ATLAS_LOG_SLOW_MS: '600000',
  });
  const api = await registry.ready();
  const headers = {
    Authorization: `Bearer ${MARK}`,
    Cookie: `session=${MARK}`,
    'X-API-Key': MARK,
    tracestate: `vendor=${MARK}`,
    baggage: `token=${MARK}`,
    Referer: `https://x/?token=${MARK}`,
    'User-Agent': MARK,
  };
  const refused: (string | null)[] = [];
  const paths = [`/${JWT}`, `/registry/datasets/none?token=${MARK}`, `/x/Bearer%20${MARK}`, '/no'];
  for (let i = 0; i < 40; i += 1) {
    await api.send('/catalog', { headers });
    await api.send('/healthz', { headers });
    const wrong = await api.send(paths[i % paths.length] ?? '/', { headers, undocumented: true });
    expect(wrong.status).toBeGreaterThanOrEqual(400);
    refused.push(wrong.headers.get('x-request-id'));
  }
  const target = `http://eve:${MARK}@host/registry`;
  const raw = await sendRaw(
    api.url,
    `GET ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: ${MARK}\r\nConnection: close\r\n\r\n`,
  );
  expect(raw.status).toBe(400);
  refused.push(raw.headers['x-request-id'] ?? null);
  const lines = await eventually('every refusal', () => {
    const found = linesOf(registry).filter(({ requestId }) => refused.includes(requestId));
    return found.length === refused.length ? linesOf(registry) : undefined;
  });
  const statuses = lines.map(({ status }) => Number(status));
  expect(statuses.filter((status) => status < 400)).toEqual([]);
  expect(`${registry.stderr()}${registry.stdout()}`).not.toContain(MARK);
});
