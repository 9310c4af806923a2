import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSubject } from '#log/subjects';
import type { FuzzOperation } from '#test/support/fuzz/described-api';
import { headerText } from '#test/support/fuzz/fuzz-requests';
import { type HostileBed, type SentRequest, startHostileBed } from '#test/support/hostile-bed';
import { HOSTILE_NAMES, HOSTILE_PATH_PARTS } from '#test/support/hostile-names';
import { prototypes } from '#test/support/prototypes';

const before = prototypes();
let bed: HostileBed;
beforeAll(async () => {
  bed = await startHostileBed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const RIGHT: Readonly<Record<string, string>> = {
  version: 'v1',
  other: 'v2',
  sha256: 'a'.repeat(64),
  prefix: 'aa',
};

/** The headers that are read, and what every name may be tried in: the others are what a proxy or a client adds. */
const HEADERS = [
  'Atlas-Tenant',
  'Atlas-Environment',
  'Atlas-Actor',
  'Atlas-Min-Position',
  'Idempotency-Key',
  'X-Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Range',
  'If-Range',
  'Accept',
  'Accept-Encoding',
  'Content-Type',
  'Content-Encoding',
  'Authorization',
  'Cookie',
  'X-Forwarded-For',
  'X-Forwarded-Host',
];

function pathOf(
  { path }: FuzzOperation,
  replace: { name: string; text: string } | undefined,
): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === replace?.name ? replace.text : (RIGHT[name] ?? 'a'),
  );
}

function requestOf(operation: FuzzOperation, rest: Partial<SentRequest>): SentRequest {
  const { method, body } = operation;
  const type = body === undefined ? [] : [['content-type', body.mediaType] as const];
  return {
    method,
    target: pathOf(operation, undefined),
    ...(body === undefined ? {} : { body: Buffer.from('{}') }),
    ...rest,
    headers: [...type, ...(rest.headers ?? [])],
  };
}

/** Encodes as a client does that knows nothing of lone surrogates: their bytes as they would be. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const parameters = (operation: FuzzOperation, where: 'path' | 'query') =>
  operation.parameters.filter((parameter) => parameter.in === where);

describe('a hostile text', () => {
  it('in any parameter of any path is refused, or answered as the document says', async () => {
    const texts = [
      ...HOSTILE_NAMES.filter((text) => text !== '').map(encoded),
      ...HOSTILE_PATH_PARTS,
    ];
    const requests = bed.api.operations.flatMap((operation) =>
      parameters(operation, 'path').flatMap(({ name }) =>
        texts.map((text) => requestOf(operation, { target: pathOf(operation, { name, text }) })),
      ),
    );
    expect(requests.length).toBeGreaterThan(5_000);
    await bed.forAll(requests, async (request) => void (await bed.send(request)));
    expect([...bed.faults].join('\n')).toBe('');
  }, 180_000);

  it('in any parameter of any query is refused, or answered as the document says', async () => {
    const requests = bed.api.operations.flatMap((operation) =>
      [...parameters(operation, 'query').map(({ name }) => name), '__proto__'].flatMap((name) =>
        [
          ...HOSTILE_NAMES.map(encoded),
          ...HOSTILE_PATH_PARTS.map((part) => part.replace('#', '')),
        ].map((text) =>
          requestOf(operation, {
            target: `${pathOf(operation, undefined)}?${name}=${text}`,
          }),
        ),
      ),
    );
    expect(requests.length).toBeGreaterThan(5_000);
    await bed.forAll(requests, async (request) => void (await bed.send(request)));
    expect([...bed.faults].join('\n')).toBe('');
  }, 180_000);

  it('in any header that is read is refused, or answered as the document says', async () => {
    // Every name in every header, and every header on every route, in turn.
    const { operations } = bed.api;
    let turn = 0;
    const requests = HEADERS.flatMap((header) =>
      HOSTILE_NAMES.flatMap((text) =>
        Array.from({ length: 3 }, () => {
          const operation = operations[turn++ % operations.length] as FuzzOperation;
          return requestOf(operation, { headers: [[header, headerText(text)]] });
        }),
      ),
    );
    await bed.forAll(requests, async (request) => {
      const { headers } = await bed.send(request);
      for (const name of ['set-cookie', 'injected'])
        if (headers[name] !== undefined) bed.note(`${request.target} sets ${name}`);
    });
    expect([...bed.faults].join('\n')).toBe('');
  }, 180_000);

  it('in a tenant or environment of the path is refused, or names a scope that is empty', async () => {
    const texts = [...HOSTILE_NAMES.map(encoded), ...HOSTILE_PATH_PARTS];
    const targets = texts.flatMap((text) => [
      `/tenants/${text}/environments/dev/registry/contracts`,
      `/tenants/acme/environments/${text}/registry/contracts`,
    ]);
    await bed.forAll(targets, async (target) => {
      const { status, body } = await bed.send({ target });
      if (status === 200 && !body.toString('utf8').includes('"contracts":[]'))
        bed.note(`${target} shows ${body.toString('utf8').slice(0, 200)}`);
    });
    expect([...bed.faults].join('\n')).toBe('');
  });
});

describe('after all of them', () => {
  it('nothing was written outside of the data folder, or under a subject that is no name', async () => {
    expect(bed.files().filter((path) => !/^a(\/data(\/[A-Za-z0-9._/-]*)?)?$/.test(path))).toEqual(
      [],
    );
    for (const subject of await bed.subjects()) expect(parseSubject(subject).id).toBeDefined();
  });

  it('no prototype has changed', () => {
    expect(prototypes()).toEqual(before);
  });
});
