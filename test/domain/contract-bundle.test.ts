import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '#domain/canonical-json';
import {
  type BundleContent,
  type ContractReference,
  fingerprintOf,
  LABELS_MAX,
  normaliseContent,
  REFERENCES_MAX,
  WIT_FILES_MAX,
} from '#domain/contract-bundle';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { sha256Of } from '#domain/digest';

const schema = '{"type":"object","properties":{"b":{},"a":{}}}';
const invalid = expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error;

function reference(uri: string): ContractReference {
  return { uri, name: parseContractName('other'), version: parseContractVersion('1.0.0') };
}

describe('fingerprintOf()', () => {
  it('gives bundles of description and schema the fingerprint that they have always had', () => {
    expect(fingerprintOf({})).toBe(sha256Of('{}'));
    expect(fingerprintOf({ jsonSchema: schema })).toBe(
      sha256Of('{"jsonSchema":{"properties":{"a":{},"b":{}},"type":"object"}}'),
    );
    expect(fingerprintOf({ description: 'd', jsonSchema: 'true' })).toBe(
      sha256Of('{"description":"d","jsonSchema":true}'),
    );
  });

  it('does not depend on white space and the order of keys of a schema', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const compact = JSON.stringify(value);
        const spaced = JSON.stringify(reversed(JSON.parse(compact) as Json), null, 3);
        expect(fingerprintOf({ jsonSchema: spaced })).toBe(fingerprintOf({ jsonSchema: compact }));
      }),
    );
  });

  it('depends on every part, and on nothing but the content', () => {
    const parts: BundleContent[] = [
      { description: 'd' },
      { jsonSchema: '{}' },
      { wit: [{ path: 'a.wit', text: 'package a:b;' }] },
      { wit: [{ path: 'b.wit', text: 'package a:b;' }] },
      { wit: [{ path: 'a.wit', text: 'package a:c;' }] },
      { descriptor: { a: 1 } },
      { references: [reference('urn:a')] },
      { references: [reference('urn:b')] },
      { labels: { team: 'a' } },
      { labels: { team: 'b' } },
      {},
    ];
    expect(new Set(parts.map((part) => fingerprintOf(part))).size).toBe(parts.length);
    const bundle = { name: 'n', version: 'v1', fingerprint: 'f', description: 'd' };
    expect(fingerprintOf(bundle)).toBe(fingerprintOf({ description: 'd' }));
  });

  it('refuses a schema that is not JSON', () => {
    for (const jsonSchema of ['', '{', "{'a':1}", 'undefined']) {
      expect(() => fingerprintOf({ jsonSchema })).toThrow(
        expect.objectContaining({ code: 'INVALID_SCHEMA' }) as Error,
      );
    }
  });
});

describe('normaliseContent()', () => {
  it('puts files and references in order and leaves empty parts out, whatever order they come in', () => {
    const paths = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 8 });
    fc.assert(
      fc.property(paths, paths, (files, uris) => {
        const wit = files.map((path) => ({ path, text: path }));
        const references = uris.map(reference);
        const one = normaliseContent({ wit, references, labels: {} });
        const two = normaliseContent({
          wit: wit.toReversed(),
          references: references.toReversed(),
        });
        expect(canonicalJson(one)).toBe(canonicalJson(two));
        expect(fingerprintOf(one)).toBe(fingerprintOf(two));
        expect(normaliseContent(one)).toEqual(one);
        expect('wit' in one).toBe(files.length > 0);
        expect('labels' in one).toBe(false);
      }),
    );
  });

  it('refuses a path and a URI that come twice, are empty, or too long', () => {
    for (const path of ['', 'x'.repeat(256), '\uD800']) {
      expect(() => normaliseContent({ wit: [{ path, text: '' }] }), path).toThrow(invalid);
    }
    for (const uri of ['', 'x'.repeat(2_001)])
      expect(() => normaliseContent({ references: [reference(uri)] })).toThrow(invalid);
    const twice = [reference('urn:a'), reference('urn:a')];
    expect(() => normaliseContent({ references: twice })).toThrow(invalid);
    const file = { path: 'a.wit', text: '' };
    expect(() => normaliseContent({ wit: [file, file] })).toThrow(invalid);
  });

  it('refuses one file, reference or label too many, and takes the last that fits', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
    const content = (extra: number): readonly BundleContent[] => [
      { wit: many(WIT_FILES_MAX + extra).map((path) => ({ path, text: '' })) },
      { references: many(REFERENCES_MAX + extra).map(reference) },
      { labels: Object.fromEntries(many(LABELS_MAX + extra).map((key) => [key, ''])) },
    ];
    for (const one of content(0)) expect(normaliseContent(one)).toEqual(expect.anything());
    for (const one of content(1)) expect(() => normaliseContent(one)).toThrow(invalid);
  });

  it('refuses labels that break the rules, the hostile ones too', () => {
    const keys = ['', 'A', '-a', '_a', 'a b', 'ä', 'x'.repeat(64), '__proto__', 'constructor '];
    for (const key of keys) {
      const labels = Object.fromEntries([[key, 'v']]);
      expect(() => normaliseContent({ labels }), key).toThrow(invalid);
    }
    for (const value of ['x'.repeat(256), '\uDC00'])
      expect(() => normaliseContent({ labels: { a: value } })).toThrow(invalid);
    const right = { a: '', 'a/b.c_d-e': 'x'.repeat(255), 0: 'ü "quoted" %_' };
    expect(normaliseContent({ labels: right }).labels).toEqual(right);
  });
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => reversed(one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, reversed(one)] as const);
  return Object.fromEntries(entries.toReversed());
}
