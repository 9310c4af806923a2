import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetStatus } from '#domain/dataset';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import type { EventHash } from '#domain/event';
import { NEWEST, type Position, START, toPosition } from '#domain/position';
import { parseScope, type Scope } from '#domain/scope';
import { subjectOf } from '#log/subjects';
import { searchDatasets } from '#projections/catalog/search-datasets';
import { type CatalogBed, openCatalogBed } from '#test/support/catalog-bed';
import { memoryLog } from '#test/support/command-env';
import { someEvent } from '#test/support/events';
import { forSeeds, type Seeded, seeded } from '#test/support/seed';

const OURS = parseScope('ours', 'dev');
const THEIRS = parseScope('theirs', 'dev');
// More than one slice of names, and some.
const EVENTS = 16_000;
const NAMES = 11_000;
const PLACES = ['homo_sapiens', 'Mus_Musculus', 'GRCh38', 'a.b-c', '%', 'x'] as const;

interface Fact {
  readonly scope: Scope;
  readonly name: string;
  readonly position: Position;
  readonly status: DatasetStatus;
}

const facts: Fact[] = [];
let bed: CatalogBed;

function someName(random: Seeded): string {
  const place = random.pick(PLACES).replace('%', 'percent');
  return `${random.int(NAMES)}/${place}`;
}

/** Writes random datasets of two scopes, in random steps, and shows them. */
async function writeDatasets(random: Seeded): Promise<void> {
  const log = memoryLog();
  const heads = new Map<string, { readonly hash: EventHash; readonly fact: Fact }>();
  for (let i = 0; i < EVENTS; i += 1) {
    const scope = random.int(8) === 0 ? THEIRS : OURS;
    const name = someName(random);
    const subject = subjectOf({ scope, kind: 'dataset', id: parseDatasetName(name) });
    const head = heads.get(subject);
    const before = head?.fact.status ?? 'registered';
    const [type, status] = random.pick<readonly [string, DatasetStatus]>(
      head === undefined
        ? [['DatasetRegistered', 'registered']]
        : [
            ['DatasetObjectsReplaced', before],
            ['DatasetPublished', 'published'],
            ['DatasetWithdrawn', 'withdrawn'],
          ],
    );
    const manifest = { datasetId: datasetIdOf(scope, parseDatasetName(name)), name, status };
    const event = someEvent({
      type,
      data: { manifest },
      ...(head === undefined ? {} : { previousHash: head.hash }),
    });
    const revision = head?.fact.position ?? START;
    await log.append(subject, revision, event);
    const [recorded] = await log.readSubject(subject, revision);
    if (recorded === undefined) throw new Error(`event ${i} is not in the log`);
    const fact = { scope, name, status, position: recorded.position };
    heads.set(subject, { hash: recorded.hash, fact });
    facts.push(fact);
  }
  await bed.catchUp(log);
}

/** What a list has to show, by reading everything. */
function expected(asOf: Position): ReadonlyMap<string, DatasetStatus> {
  const own = facts.filter(({ scope, position }) => scope === OURS && position <= asOf);
  return new Map(own.map(({ name, status }) => [name, status]));
}

async function page(search: Partial<Parameters<typeof searchDatasets>[2]>) {
  const { signal } = new AbortController();
  const every = { after: '', limit: 100, asOf: NEWEST, counts: false, signal };
  const found = await searchDatasets(() => bed.reader.datasets, OURS, { ...every, ...search });
  return { ...found, names: found.rows.map(({ manifest }) => manifest.name as string) };
}

beforeAll(async () => {
  bed = openCatalogBed();
  await writeDatasets(seeded(11));
});
afterAll(() => bed[Symbol.dispose]());

describe('searchDatasets()', () => {
  it('shows and counts what reading every dataset shows, at every position, page by page', async () => {
    await forSeeds(25, async (random) => {
      const asOf = toPosition(random.pick([EVENTS, EVENTS, random.int(EVENTS)]));
      const text = random.pick([undefined, 'HOMO', 'musculus', '77', 'nowhere', '/', '%', '_']);
      const status = random.pick<DatasetStatus | undefined>([undefined, 'published', 'withdrawn']);
      const all = expected(asOf);
      const holding = [...all.keys()].filter((name) =>
        name.toLowerCase().includes((text ?? '').toLowerCase()),
      );
      const wanted = holding
        .filter((name) => status === undefined || all.get(name) === status)
        .toSorted((a, b) => (a < b ? -1 : 1));
      const filter = {
        asOf,
        limit: 1 + random.int(3_000),
        ...(text === undefined ? {} : { text }),
        ...(status === undefined ? {} : { status }),
      };
      const first = await page({ ...filter, counts: true });
      expect(first.total).toBe(all.size);
      const countsMatching = text !== undefined && status === undefined;
      expect(first.matching).toBe(countsMatching ? holding.length : undefined);
      const seen = [...first.names];
      for (let names = first.names; names.length === filter.limit; ) {
        ({ names } = await page({ ...filter, after: seen.at(-1) ?? '' }));
        seen.push(...names);
      }
      expect(seen).toEqual(wanted);
    });
  });

  it('reads every name of a scope once to count them, and those that have come since to count again', async () => {
    using fresh = openCatalogBed();
    const log = memoryLog();
    const register = async (name: string) => {
      const subject = subjectOf({ scope: OURS, kind: 'dataset', id: parseDatasetName(name) });
      const data = { manifest: { name, status: 'registered' } };
      await log.append(subject, START, someEvent({ type: 'DatasetRegistered', data }));
      await fresh.catchUp(log);
    };
    const { signal } = new AbortController();
    const count = async (asOf: number) => {
      const search = { after: '', limit: 1, asOf: toPosition(asOf), counts: true, signal };
      const { total, scanned } = await searchDatasets(() => fresh.reader.datasets, OURS, search);
      return { total, scanned };
    };
    for (const name of ['a', 'b', 'c']) await register(name);
    expect(await count(3)).toEqual({ total: 3, scanned: 3 });
    await register('d');
    expect(await count(4)).toEqual({ total: 4, scanned: 0 });
    expect(await count(2)).toEqual({ total: 2, scanned: 0 });
    expect(await count(4)).toEqual({ total: 4, scanned: 0 });
    expect(await count(0)).toEqual({ total: 0, scanned: 0 });
  });

  it('lets others go on in between, and ends when nobody waits any more', async () => {
    const gone = new AbortController();
    const search = page({ text: 'nowhere', signal: gone.signal });
    gone.abort(new Error('gone'));
    await expect(search).rejects.toThrow('gone');
  });
});
