import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContractVersion, versionOrderKey } from '#domain/contract-name';
import { type Position, toPosition } from '#domain/position';
import { parseScope, type Scope } from '#domain/scope';
import {
  type DocumentBackend,
  type DocumentFilter,
  type DocumentKind,
  type DocumentPage,
  keyText,
  type StoredDocument,
} from '#projections/registry-stores/document-backend';
import { forSeeds, type Seeded, seeded } from '#test/support/seed';
import type { StoreStorage } from '#test/support/store-storages';

const SCOPES = [
  parseScope('default', 'dev'),
  parseScope('default', 'prod'),
  parseScope('acme', 'dev'),
  parseScope('acme-dev', 'dev'),
] as const;
const KINDS = ['contract', 'job-definition', 'contract-head'] as const;
const TERMS = [
  'tag:a',
  'tag:b',
  'tag:c',
  'stage:active',
  'stage:draft',
  'tag:a,b',
  "tag:'",
] as const;
// Prefixes of each other, and one that is longer than the name of a folder may be.
const NAMES = ['a', 'a.a', 'a-a', 'aa', 'b', 'con', 'a.'.repeat(99).concat('a')] as const;
const VERSIONS = ['v1', 'v10', '1.9.0', '1.10.0', '2.0.0-rc.1', '2.0.0-RC.1', '2.0.0'] as const;

/** What every backend of the registries' stores promises. */
export function documentBackendConformance(
  name: string,
  storage: () => Promise<StoreStorage>,
): void {
  describe(`documents in ${name}`, () => {
    let place: StoreStorage;
    let backend: DocumentBackend;
    let model: Map<string, StoredDocument>;
    let at: Position;

    beforeAll(async () => {
      place = await storage();
      backend = place.backend();
      ({ position: at } = await backend.open());
      model = new Map();
      await grow(seeded(7), 30);
    });
    afterAll(async () => {
      await backend.close();
      await place[Symbol.asyncDispose]();
    });

    /** Puts random documents, some of them over others, and remembers what has to be there. */
    const grow = async (random: Seeded, batches: number): Promise<void> => {
      for (let batch = 0; batch < batches; batch += 1) {
        const to = toPosition(at + 1 + random.int(3));
        const some = Array.from({ length: random.int(8) }, () => someDocument(random, to));
        const documents = [...new Map(some.map((one) => [keyText(one), one])).values()];
        const change = { documents, from: at, to: { position: to, streamCreated: 'now' } };
        expect(await backend.put(change)).toBe(to);
        for (const one of documents) model.set(keyText(one), one);
        at = to;
      }
    };
    const expected = (scope: Scope, filter: DocumentFilter): readonly StoredDocument[] =>
      [...model.values()].filter((one) => matches(one, scope, filter)).toSorted(inOrder);

    it('gives for any filter what has been put, in order, and no document of another scope', async () => {
      let shown = 0;
      await forSeeds(150, async (random) => {
        const scope = random.pick(SCOPES);
        const page = somePage(random);
        const { position, found } = await backend.list(scope, page);
        const all = expected(scope, page).filter((one) => isBehind(one, page.after));
        expect(found).toEqual(all.slice(0, page.limit));
        expect(position).toBe(at);
        shown += found.length;
      });
      expect(shown).toBeGreaterThan(100);
    });

    it('gives for any filter the highest document of the first name', async () => {
      let shown = 0;
      await forSeeds(100, async (random) => {
        const scope = random.pick(SCOPES);
        const { kind, name: wanted, all } = somePage(random);
        const filter = { kind, name: wanted, all: all.length === 0 ? ['tag:a'] : all };
        const { found } = await backend.highest(scope, filter);
        const [first, ...others] = expected(scope, filter);
        const best = others
          .filter(({ name }) => name === first?.name)
          .reduce((a, b) => (a !== undefined && a.rank > b.rank ? a : b), first);
        expect(found).toEqual(best);
        shown += found === undefined ? 0 : 1;
      });
      expect(shown).toBeGreaterThan(20);
    });

    it('finds every document by its key, many at once, and leaves out what is not there', async () => {
      const there = [...model.values()];
      const missing = there.map((one) => ({ ...one, orderKey: `${one.orderKey}x` }));
      const elsewhere = there.map((one) => ({ ...one, scope: parseScope('nobody', 'dev') }));
      const { position, found } = await backend.read([...missing, ...there, ...elsewhere]);
      expect(position).toBe(at);
      expect(found.toSorted(byKey)).toEqual(there.toSorted(byKey));
      expect(await backend.read([])).toEqual({ position: at, found: [] });
    });

    it('changes nothing for a batch that was made from another position', async () => {
      const before = await backend.digest();
      const documents = [someDocument(seeded(1), toPosition(at + 9))];
      const to = { position: toPosition(at + 9), streamCreated: 'now' };
      for (const from of [toPosition(at - 1), toPosition(at + 1)])
        expect(await backend.put({ documents, from, to })).toBe(at);
      expect(await backend.digest()).toEqual(before);
    });

    it('has another digest for every part of a document that differs', async () => {
      const one = [...model.values()].find(({ terms }) => terms.length > 1);
      if (one === undefined) throw new Error('no document has terms');
      const changes: readonly Partial<StoredDocument>[] = [
        { text: '{"other":1}' },
        { terms: one.terms.slice(1) },
        { rank: 'x' },
        { position: toPosition(one.position + 1) },
        {},
      ];
      const seen = [await backend.digest()];
      for (const change of changes) {
        const to = toPosition(at + 1);
        const documents = [{ ...one, ...change }];
        await backend.put({ documents, from: at, to: { position: to, streamCreated: 'now' } });
        at = to;
        seen.push(await backend.digest());
      }
      expect(new Set(seen.map(({ digest }) => digest)).size).toBe(changes.length);
      expect(seen.at(-1)?.digest).toBe(seen[0]?.digest);
    });

    it('shows pages that skip nothing and repeat nothing while documents are added', async () => {
      await forSeeds(6, async (random) => {
        const filter = { kind: 'contract', all: random.int(2) === 0 ? [] : ['tag:a'] } as const;
        const limit = 1 + random.int(4);
        const [scope] = SCOPES;
        const before = new Map(expected(scope, filter).map((one) => [keyText(one), one]));
        const seen: StoredDocument[] = [];
        for (let after: StoredDocument | undefined; ; after = seen.at(-1)) {
          const { found } = await backend.list(scope, { ...filter, after, limit });
          seen.push(...found);
          if (found.length < limit) break;
          await grow(random, 1);
        }
        expect(seen).toEqual(seen.toSorted(inOrder));
        expect(new Set(seen.map(keyText)).size).toBe(seen.length);
        const still = new Set(expected(scope, filter).map(keyText));
        for (const key of before.keys())
          if (still.has(key)) expect(seen.map(keyText)).toContain(key);
      });
    });

    it('shows a batch whole or not at all, and its position with it, to whoever reads meanwhile', async () => {
      const scope = parseScope('whole', 'dev');
      const kind: DocumentKind = 'action-profile';
      const puts = 25;
      const start = at;
      let isDone = false;
      const write = async (): Promise<void> => {
        for (let round = 1; round <= puts; round += 1) {
          const to = toPosition(start + round);
          const documents = VERSIONS.map((id) => ({
            ...someDocument(seeded(1), to),
            scope,
            kind,
            name: 'whole',
            id,
            text: `{"position":${to}}`,
            orderKey: versionOrderKey(parseContractVersion(id)),
            terms: [`tag:${to % 3}`],
          }));
          const change = {
            documents,
            from: at,
            to: { position: to, streamCreated: 'now' },
          } as const;
          at = await backend.put(change);
        }
        isDone = true;
      };
      const read = async (): Promise<number> => {
        const seen = new Set<number>();
        while (!isDone) {
          const pages = [
            { kind, all: [], after: undefined, limit: 99 },
            { kind, all: ['tag:1'], after: undefined, limit: 99 },
          ];
          for (const page of pages) {
            const { position, found } = await backend.list(scope, page);
            const isShown = position > start && (page.all.length === 0 || position % 3 === 1);
            const text = `{"position":${position}}`;
            expect(found.map((one) => one.text)).toEqual(isShown ? VERSIONS.map(() => text) : []);
            seen.add(position);
          }
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
        }
        return seen.size;
      };
      const [, seen] = await Promise.all([write(), read(), read()]);
      expect(at).toBe(start + puts);
      expect(seen).toBeGreaterThan(0);
      for (const one of (await backend.list(scope, { kind, all: [], after: undefined, limit: 99 }))
        .found)
        model.set(keyText(one), one);
    });

    it('shows after it was closed what it showed before', async () => {
      const before = await backend.digest();
      await backend.close();
      const again = place.backend();
      backend = again;
      expect(await again.open()).toEqual({ position: at, streamCreated: 'now' });
      expect(await again.digest()).toEqual(before);
    });
  });
}

function someDocument(random: Seeded, position: Position): StoredDocument {
  const scope = random.pick(SCOPES);
  const kind: DocumentKind = random.pick(KINDS);
  const id = random.pick(VERSIONS);
  const orderKey = versionOrderKey(parseContractVersion(id));
  const rank = `${id.includes('-') ? 'p' : 'r'}${orderKey}`;
  const terms = TERMS.filter(() => random.int(2) === 0).toSorted((a, b) => (a < b ? -1 : 1));
  const text = `{"note":"${random.int(9)} \u2028 ü \\u0000 \\" $& %"}`;
  return { scope, kind, name: random.pick(NAMES), orderKey, id, rank, position, text, terms };
}

function somePage(random: Seeded): DocumentPage {
  const some = (): string[] =>
    Array.from({ length: random.int(4) }, () => random.pick([...TERMS, 'tag:none']));
  return {
    kind: random.pick(KINDS),
    name: random.int(3) === 0 ? random.pick([...NAMES, 'none']) : undefined,
    all: [...new Set(some())].slice(0, 1 + random.int(2)),
    any: random.int(2) === 0 ? [...new Set(some())] : undefined,
    after:
      random.int(2) === 0
        ? undefined
        : {
            name: random.pick(NAMES),
            orderKey: versionOrderKey(parseContractVersion(random.pick(VERSIONS))),
          },
    limit: 1 + random.int(20),
  };
}

function matches(one: StoredDocument, scope: Scope, filter: DocumentFilter): boolean {
  const { kind, name, all, any } = filter;
  return (
    one.scope.tenant === scope.tenant &&
    one.scope.environment === scope.environment &&
    one.kind === kind &&
    (name === undefined || one.name === name) &&
    all.every((term) => one.terms.includes(term)) &&
    (any === undefined || any.some((term) => one.terms.includes(term)))
  );
}

type Place = Pick<StoredDocument, 'name' | 'orderKey'>;

function isBehind(one: Place, after: Place | undefined): boolean {
  return after === undefined || inOrder(one, after) > 0;
}

function inOrder(a: Place, b: Place): number {
  return (
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)) || textOrder(a.orderKey, b.orderKey)
  );
}

function byKey(a: StoredDocument, b: StoredDocument): number {
  return textOrder(keyText(a), keyText(b));
}

function textOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
