import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { type CommandId, type EventHash, type EventId, KINDS, type NewEvent } from '#domain/event';
import { toPosition } from '#domain/position';
import { parseScope } from '#domain/scope';
import {
  decodeAttribute,
  decodeAttributes,
  decodeEvent,
  encodeAttribute,
  encodeEvent,
  hashEvent,
} from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { type Subject, subjectOf } from '#log/subjects';
import { datasetSubject, someEvent } from '#test/support/events';

const TYPES = [
  'DatasetRegistered',
  'DatasetObjectsReplaced',
  'DatasetPublished',
  'DatasetWithdrawn',
  'ContractPublished',
  'JobRunStarted',
  'JobRunFinished',
] as const;

const anyText = fc.string({ unit: 'binary', maxLength: 40 }).filter((s) => s.isWellFormed());
const nasty = fc.constantFrom('a\nb', 'a\r\nce-type: X', '100 %', '%0A', 'ä€😀', ' ', '', '\u0000');
const attribute = fc.oneof(anyText, nasty);
const data = fc
  .dictionary(anyText, fc.jsonValue({ stringUnit: 'grapheme' }), { maxKeys: 6 })
  .map((value) => value as JsonObject);

const anyEvent: fc.Arbitrary<NewEvent> = fc.record({
  event: fc.record({ type: fc.constantFrom(...TYPES), data }),
  metadata: fc.record(
    {
      id: fc.uuid().map((id) => id as EventId),
      time: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      commandId: attribute.map((text) => text as CommandId),
      requestFingerprint: anyText.map((text) => sha256Of(text)),
      actor: attribute,
      requestId: attribute,
      previousHash: fc.option(
        anyText.map((text) => sha256Of(text) as string as EventHash),
        { nil: undefined },
      ),
    },
    { requiredKeys: ['id', 'time', 'commandId', 'requestFingerprint', 'actor', 'previousHash'] },
  ),
});

const anySubject: fc.Arbitrary<Subject> = fc
  .tuple(fc.constantFrom(...KINDS), fc.stringMatching(/^[ -~ä€]{1,30}$/))
  .map(([kind, id]) => subjectOf({ scope: parseScope('acme', 'prod'), kind, id }));

/** The event as a broker gives it back. */
function stored(subject: Subject, event: NewEvent, position = 7): StoredMessage {
  const { headers, body } = encodeEvent(subject, event);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return {
    position: toPosition(position),
    subject,
    recordedAtMs: 1,
    header: Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1'),
    data: body,
  };
}

/** The message with its header block changed. */
function withHeader(message: StoredMessage, from: string | RegExp, to: string): StoredMessage {
  const before = Buffer.from(message.header).toString('latin1');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return { ...message, header: Buffer.from(after, 'latin1') };
}

const previousHash = 'b'.repeat(64) as EventHash;
const sample = stored(
  datasetSubject('a/b'),
  someEvent({
    type: 'DatasetRegistered',
    actor: 'ann',
    commandId: 'key',
    requestId: 'request-1',
    previousHash,
  }),
);

function expectCorrupt(message: StoredMessage, reason: RegExp): void {
  expect(() => decodeEvent(message)).toThrow(
    expect.objectContaining({
      code: 'CORRUPT_EVENT',
      message: expect.stringMatching(reason),
      details: { position: 7, subject: message.subject },
    }) as Error,
  );
}

describe('events on the wire', () => {
  it('decodeEvent() gives back every event that encodeEvent() wrote, of every kind', () => {
    fc.assert(
      fc.property(anySubject, anyEvent, (subject, event) => {
        const message = stored(subject, event);
        const read = decodeEvent(message);
        expect(read.metadata).toEqual(event.metadata);
        expect(read.event.type).toBe(event.event.type);
        expect(canonicalJson(read.event.data)).toBe(canonicalJson(event.event.data));
        expect([read.position, read.subject, read.recordedAtMs]).toEqual([7, subject, 1]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('encodeEvent() writes a CloudEvent in binary mode whose message id is the id of the event', () => {
    const { headers, body } = encodeEvent(
      subjectOf({ scope: parseScope('acme', 'prod'), kind: 'dataset', id: 'a/ä' }),
      someEvent({ id: 'id-1', actor: 'Ann B', data: { b: 1, a: 'ü' } }),
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'Nats-Msg-Id': 'id-1',
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'id-1',
      'ce-source': '/atlas-registry',
      'ce-subject': 'a/%C3%A4',
      'ce-actor': 'Ann%20B',
      'ce-dataversion': '1',
    });
    expect(body.toString('utf8')).toBe('{"a":"ü","b":1}');
  });

  it('encodeEvent() writes headers of one line in printable ASCII, whatever the attributes hold', () => {
    fc.assert(
      fc.property(anySubject, anyEvent, (subject, event) => {
        for (const [name, value] of encodeEvent(subject, event).headers) {
          expect(`${name}: ${value}`).toMatch(/^[!-~]+: [!-~]*$/);
        }
      }),
    );
  });

  it('encodeAttribute() and decodeAttribute() are each other’s opposite, and leave plain text alone', () => {
    fc.assert(fc.property(attribute, (text) => decodeAttribute(encodeAttribute(text)) === text));
    expect(encodeAttribute('2026-01-02T03:04:05.678Z')).toBe('2026-01-02T03:04:05.678Z');
    expect(encodeAttribute('50 % "off"')).toBe('50%20%25%20%22off%22');
  });
});

describe('the hash of an event', () => {
  const hash = hashEvent(sample, decodeAttributes(sample));

  it('is that of the event, wherever and whenever it is stored', () => {
    const again = { ...sample, position: toPosition(900), recordedAtMs: 5 };
    expect(decodeEvent(again).hash).toBe(hash);
    expect(decodeEvent(sample).hash).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['ce-id', /ce-id: \S/, 'ce-id: X'],
    ['ce-type', 'ce-type: DatasetRegistered', 'ce-type: DatasetRegistereD'],
    ['ce-time', 'ce-time: 2026', 'ce-time: 2025'],
    ['ce-commandid', 'ce-commandid: key', 'ce-commandid: kez'],
    ['ce-requesthash', /ce-requesthash: \w/, 'ce-requesthash: X'],
    ['ce-actor', 'ce-actor: ann', 'ce-actor: Ann'],
    ['ce-requestid', 'ce-requestid: request-1', 'ce-requestid: request-2'],
    ['ce-requestid, removed', /ce-requestid: \S+\r\n/, ''],
    ['ce-prevhash', 'ce-prevhash: b', 'ce-prevhash: c'],
    ['ce-prevhash, removed', /ce-prevhash: b+\r\n/, ''],
  ] as const)('changes with %s', (_name, from, to) => {
    expect(decodeEvent(withHeader(sample, from, to)).hash).not.toBe(hash);
  });

  it('changes with the version of the data', () => {
    const newer = { ...decodeAttributes(sample), dataVersion: 2 };
    expect(hashEvent(sample, newer)).not.toBe(hash);
  });

  it('changes with the subject', () => {
    expect(decodeEvent({ ...sample, subject: datasetSubject('a/c') }).hash).not.toBe(hash);
  });

  it('changes with every bit of the body, and when bytes are added or cut off', () => {
    const attributes = decodeAttributes(sample);
    const hashes = new Set([hash]);
    for (let bit = 0; bit < sample.data.length * 8; bit += 1) {
      const body = Buffer.from(sample.data);
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      hashes.add(hashEvent({ ...sample, data: body }, attributes));
    }
    for (const body of [sample.data.subarray(1), Buffer.concat([sample.data, Buffer.from(' ')])]) {
      hashes.add(hashEvent({ ...sample, data: body }, attributes));
    }
    expect(hashes.size).toBe(1 + sample.data.length * 8 + 2);
  });

  it('differs between any two different events: text cannot move from one field to its neighbour', () => {
    const hashOf = (commandId: string, fingerprint: string, actor: string, body = '{}'): string => {
      const { metadata, event } = someEvent({ id: 'id', commandId, actor });
      const requestFingerprint = fingerprint as typeof metadata.requestFingerprint;
      const own = { event, metadata: { ...metadata, requestFingerprint } };
      return decodeEvent({ ...stored(datasetSubject('a'), own), data: Buffer.from(body) }).hash;
    };
    const [f, g] = ['f'.repeat(64), '0'.repeat(64)];
    expect(hashOf(`x\n${f}`, g, 'ann')).not.toBe(hashOf('x', f, `${g}\nann`));
    expect(hashOf(`x\n${f}`, g, '', '{}')).not.toBe(hashOf('x', f, g, '\n{}'));
    expect(hashOf('x', f, 'ann\n', '{}')).not.toBe(hashOf('x', f, 'ann', '\n{}'));
    fc.assert(
      fc.property(attribute, attribute, attribute, attribute, (a, b, c, d) => {
        expect(hashOf(a, f, b) === hashOf(c, f, d)).toBe(a === c && b === d);
      }),
    );
  });
});

describe('an event that cannot be read is CORRUPT_EVENT and names its position', () => {
  const required = ['id', 'type', 'time', 'dataversion', 'commandid', 'requesthash', 'actor'];
  it.each(required)('it has no header ce-%s', (name) => {
    const without = withHeader(sample, new RegExp(`ce-${name}: [^\r]*\r\n`), '');
    expectCorrupt(
      without,
      new RegExp(`^Cannot read event 7 on "atlas.*: it has no header ce-${name} `),
    );
  });

  it.each(['2', '999', '0', '-1', '1.5', 'one', 'NaN'])('its data version is %s', (version) => {
    const other = withHeader(sample, 'ce-dataversion: 1', `ce-dataversion: ${version}`);
    expectCorrupt(
      other,
      /^Cannot read event 7 .*: its data version is .* \(want 1 to 1: start a node/,
    );
  });

  it.each(['%', '%zz', 'a%C3', '%E4%F6'])('an attribute is encoded wrongly: %s', (value) => {
    expectCorrupt(
      withHeader(sample, 'ce-actor: ann', `ce-actor: ${value}`),
      /its header ce-actor is/,
    );
    expectCorrupt(
      withHeader(sample, 'ce-commandid: key', `ce-commandid: ${value}`),
      /ce-commandid is/,
    );
  });

  it.each(['null', '5', '"text"', '[]', 'true'])('its body is no object: %j', (body) => {
    expectCorrupt({ ...sample, data: Buffer.from(body) }, /its body is no JSON object/);
  });

  it.each(['', '{', '{"a":1', 'undefined', "{'a':1}"])('its body is not JSON: %j', (body) => {
    expectCorrupt({ ...sample, data: Buffer.from(body) }, /its body is not JSON/);
  });

  it('it has no header block at all', () => {
    for (const header of ['', 'NATS/1.0\r\n\r\n', 'NATS/1.0', '\r\n']) {
      expectCorrupt({ ...sample, header: Buffer.from(header) }, /it has no header ce-id/);
    }
  });
});
