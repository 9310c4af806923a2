import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_TYPES, RECIPIENTS_MAX } from '#domain/action-parameters';
import { ACTIONS_MAX, DESCRIPTION_MAX, readActionProfile } from '#domain/action-profile';
import { HEADERS_MAX } from '#domain/action-target';
import { canonicalJson } from '#domain/canonical-json';
import { LABELS_MAX, normaliseContent } from '#domain/contract-bundle';
import { definitionFingerprint } from '#domain/definition';
import { DEFINITION_FAULTS_MAX, METADATA_MAX, TAGS_MAX } from '#domain/definition-reader';
import { isRegistryError } from '#domain/errors';
import { faultsOf } from '#test/support/faults';
import { HOSTILE } from '#test/support/hostile';
import { everyAction, profileOf, someTarget } from '#test/support/jobs';

const read = (rest: Readonly<Record<string, unknown>>) => () => readActionProfile(profileOf(rest));
const paths = (work: () => unknown) => faultsOf(work).map(({ path }) => path);
const doing = (type: string, parameters: unknown) => read({ actions: [{ type, parameters }] });
const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
const at = '/actions/0/parameters';

describe('readActionProfile()', () => {
  it('takes one action of every type with all of its parameters', () => {
    const content = readActionProfile(profileOf({ actions: everyAction, description: 'a\nb' }));
    expect(new Set(content.actions.map(({ type }) => type))).toEqual(new Set(ACTION_TYPES));
    expect(content.actions).toHaveLength(everyAction.length);
    expect(readActionProfile(JSON.parse(JSON.stringify(content)))).toEqual(content);
  });

  it('gives absent parameters their defaults, so that both ways to say one thing have one fingerprint', () => {
    const target = { url: someTarget.url };
    const short = read({ actions: [{ type: 'CALL_WEBHOOK', parameters: { target } }] })();
    const full = { target: { ...target, headers: {} }, attemptsMax: 12, timeoutMs: 10_000 };
    const long = doing('CALL_WEBHOOK', { method: 'POST', ...full })();
    expect(short).toEqual(long);
    expect(definitionFingerprint(short)).toBe(definitionFingerprint(long));
    const ticket = { target, project: 'p', title: 't' };
    expect(doing('OPEN_TICKET', ticket)().actions[0]?.parameters).toMatchObject({
      priority: 'medium',
      labels: [],
    });
  });

  it('does not depend on the order of tags and keys, and keeps that of actions', () => {
    const tags = ['b', 'a', 'c'];
    const metadata = { x: '1', a: '2' };
    const one = read({ tags, metadata, actions: everyAction })();
    const reversed = { metadata: { a: '2', x: '1' }, tags: tags.toReversed() };
    const two = read({ ...reversed, actions: everyAction })();
    expect(canonicalJson(two)).toBe(canonicalJson(one));
    const other = read({ tags, metadata, actions: everyAction.toReversed() })();
    expect(definitionFingerprint(other)).not.toBe(definitionFingerprint(one));
  });

  it('refuses what is no object, and says what it is', () => {
    const wrong = [undefined, null, 1, 'x', [], true, 1n, Symbol('x'), () => 0, new Date(0)];
    for (const value of wrong) {
      expect(faultsOf(() => readActionProfile(value))).toEqual([
        { path: '', message: expect.stringMatching(/^is .* \(want an object\)$/) },
      ]);
    }
  });

  it('names every fault with its path, all at once', () => {
    const faulty = {
      name: '',
      description: 7,
      actions: [
        { type: 'EXPLODE', parameters: {} },
        { type: 'STORE_RESULTS', parameters: { prefix: '../x', retentionDays: 0, more: 1 } },
        { type: 'CALL_WEBHOOK' },
        'x',
        { type: 'STORE_RESULTS', parameters: { prefix: 'ok' }, extra: true },
      ],
      tags: ['ok', 'Not Ok', 'ok'],
      metadata: { 'Bad Key': 'x', ok: 1 },
      'a/b~c': 1,
    };
    expect(paths(() => readActionProfile(faulty)).toSorted()).toEqual([
      '/actions/0/type',
      '/actions/1/parameters/more',
      '/actions/1/parameters/prefix',
      '/actions/1/parameters/retentionDays',
      '/actions/2/parameters',
      '/actions/3',
      '/actions/4/extra',
      '/a~1b~0c',
      '/description',
      '/metadata/Bad Key',
      '/metadata/ok',
      '/name',
      '/tags/1',
      '/tags/2',
    ]);
  });

  it('says in its message which fault is the first and how many follow', () => {
    expect(() => readActionProfile(profileOf({ name: 7, tags: 'x' }))).toThrow(
      'Cannot use action profile: "/name" is 7 (want 1 to 255 characters of well-formed text) and 1 more',
    );
  });

  it('names so many faults and counts the rest', () => {
    const unknown = Object.fromEntries(many(DEFINITION_FAULTS_MAX + 7).map((key) => [key, 1]));
    let details: unknown;
    try {
      readActionProfile(profileOf(unknown));
    } catch (error) {
      details = isRegistryError(error) ? error.details : undefined;
    }
    expect(details).toMatchObject({ faultsOmitted: 7 });
    expect(paths(read(unknown))).toHaveLength(DEFINITION_FAULTS_MAX);
  });

  it('takes the last that fits of everything that is counted, and refuses one more', () => {
    const actions = (count: number) => many(count).map(() => everyAction[0]);
    const mails = (count: number) => many(count).map((name) => `${name}@b.example`);
    const mailing = (count: number) => ({
      actions: [
        { type: 'SEND_NOTIFICATION', parameters: { channel: 'email', recipients: mails(count) } },
      ],
    });
    const headers = (count: number) => ({
      actions: [
        {
          type: 'EMIT_LINEAGE',
          parameters: {
            namespace: 'n',
            target: {
              url: someTarget.url,
              headers: Object.fromEntries(many(count).map((name) => [name, 'x'])),
            },
          },
        },
      ],
    });
    const pairs = (count: number) => Object.fromEntries(many(count).map((name) => [name, '']));
    const rows: readonly (readonly [number, string, (count: number) => object])[] = [
      [ACTIONS_MAX, '/actions', (n) => ({ actions: actions(n) })],
      [TAGS_MAX, '/tags', (n) => ({ tags: many(n) })],
      [METADATA_MAX, '/metadata', (n) => ({ metadata: pairs(n) })],
      [RECIPIENTS_MAX, `${at}/recipients`, mailing],
      [HEADERS_MAX, `${at}/target/headers`, headers],
      [DESCRIPTION_MAX, '/description', (n) => ({ description: 'x'.repeat(n) })],
      [255, '/name', (n) => ({ name: 'x'.repeat(n) })],
      [255, '/metadata/a', (n) => ({ metadata: { a: 'x'.repeat(n) } })],
    ];
    for (const [max, path, make] of rows) {
      expect(paths(read({ ...make(max) })), path).toEqual([]);
      expect(paths(read({ ...make(max + 1) })), path).toEqual([path]);
    }
    expect(paths(read({ actions: [] }))).toEqual(['/actions']);
  });

  it('takes as tag and name of metadata exactly what is a key of a label of contracts', () => {
    const isLabel = (text: string): boolean => {
      try {
        return normaliseContent({ labels: { [text]: '' } }).labels !== undefined;
      } catch {
        return false;
      }
    };
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,70}$/),
      fc.constantFrom(...HOSTILE, 'constructor', 'Ä', 'a\n'),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(paths(read({ tags: [text] })).length === 0, text).toBe(isLabel(text));
        expect(paths(read({ metadata: { [text]: '' } })).length === 0).toBe(isLabel(text));
      }),
    );
    expect(TAGS_MAX).toBe(LABELS_MAX);
  });

  it.each<readonly [string, object, readonly string[]]>([
    ['STORE_RESULTS', {}, ['prefix']],
    ['STORE_RESULTS', { prefix: 'a/b', retentionDays: 1.5 }, ['retentionDays']],
    ['STORE_RESULTS', { prefix: 'a/b', retentionDays: 3_651 }, ['retentionDays']],
    ['STORE_RESULTS', { prefix: 'a/b', retentionDays: '1' }, ['retentionDays']],
    ['SEND_NOTIFICATION', {}, ['channel']],
    ['SEND_NOTIFICATION', { channel: 'chat' }, ['shape', 'target']],
    ['SEND_NOTIFICATION', { channel: 'chat', shape: 'irc', target: someTarget }, ['shape']],
    [
      'SEND_NOTIFICATION',
      { channel: 'chat', shape: 'slack', target: someTarget, recipients: [], subject: 's' },
      ['recipients', 'subject'],
    ],
    ['SEND_NOTIFICATION', { channel: 'email' }, ['recipients']],
    ['SEND_NOTIFICATION', { channel: 'email', recipients: [] }, ['recipients']],
    [
      'SEND_NOTIFICATION',
      { channel: 'email', recipients: ['a@b', 'a b@c', '@c', 'a@b', 'a@b\n', 'a@-', 7] },
      [1, 2, 3, 4, 5, 6].map((i) => `recipients/${i}`),
    ],
    [
      'SEND_NOTIFICATION',
      { channel: 'email', recipients: ['a@b'], subject: 'a\r\nBcc: x@y' },
      ['subject'],
    ],
    [
      'SEND_NOTIFICATION',
      { channel: 'email', recipients: ['a@b'], shape: 'slack', target: 1, text: 't' },
      ['shape', 'target', 'text'],
    ],
    ['EMIT_LINEAGE', {}, ['namespace']],
    ['EMIT_LINEAGE', { namespace: 'n', target: { url: 'ftp://a' } }, ['target/url']],
    ['CALL_WEBHOOK', { target: {} }, ['target']],
    ['CALL_WEBHOOK', { target: { ...someTarget, urlSecretName: 'x' } }, ['target']],
    ['CALL_WEBHOOK', { target: { urlSecretName: 'https://a' } }, ['target/urlSecretName']],
    ['CALL_WEBHOOK', { target: { ...someTarget, secret: 'x' } }, ['target/secret']],
    ['CALL_WEBHOOK', { target: { ...someTarget, secretName: 'A b' } }, ['target/secretName']],
    [
      'CALL_WEBHOOK',
      { target: someTarget, method: 'GET', timeoutMs: 99, attemptsMax: 21 },
      ['attemptsMax', 'method', 'timeoutMs'],
    ],
    ['CALL_WEBHOOK', { target: someTarget, timeoutMs: null }, ['timeoutMs']],
    ['OPEN_TICKET', { target: someTarget }, ['project', 'title']],
    [
      'OPEN_TICKET',
      { target: someTarget, project: 'p', title: 't', priority: 'now', labels: ['a', 'a'] },
      ['labels/1', 'priority'],
    ],
  ])('%s: %j has faults at %j', (type, parameters, faulty) => {
    expect(paths(doing(type, parameters)).toSorted()).toEqual(faulty.map((one) => `${at}/${one}`));
  });

  it('throws nothing but INVALID_REQUEST, whatever comes', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    const parts = fc.record(
      {
        name: fc.oneof(fc.string(), anything),
        description: anything,
        actions: fc.oneof(
          fc.array(fc.record({ type: fc.constantFrom(...ACTION_TYPES), parameters: anything })),
          anything,
        ),
        tags: anything,
        metadata: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(parts, anything), (value) => {
        let code = 'taken';
        try {
          readActionProfile(value);
        } catch (error) {
          code = isRegistryError(error) ? error.code : String(error);
        }
        expect(code).toMatch(/^(taken|INVALID_REQUEST)$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
