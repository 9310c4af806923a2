import { expect, it } from 'vitest';
import type { PublisherBed } from '#test/support/publisher-bed';

const HOSTILE = [
  '',
  '..',
  '.',
  '../x',
  '/x',
  'x/',
  'a//b',
  'a/../b',
  './a',
  'a\0b',
  'a b',
  'a\\b',
  'ä',
  '%2e%2e/x',
];

/** What the small files of every store promise. */
export function filesConformance(bed: () => PublisherBed): void {
  it('files.create() of one path by twenty at once has exactly one winner, whose bytes stay', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const path = `catalogs/${round}.json`;
      const texts = Array.from({ length: 20 }, (_, i) => `writer ${i} of round ${round}`);
      const won = await Promise.all(
        texts.map(async (text, i) =>
          (i % 2 ? bed().other : bed().publisher).files.create(path, Buffer.from(text)),
        ),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const stored = await bed().publisher.files.read(path, 100);
      expect(stored?.toString()).toBe(texts[won.indexOf(true)]);
      expect(await bed().other.files.create(path, Buffer.from('late'))).toBe(false);
    }
    expect(await bed().everything()).toHaveLength(5);
  });

  it('files.replace() writes whatever was there, and readers see the old or the new', async () => {
    const { files } = bed().publisher;
    await files.replace('catalog.json', Buffer.alloc(100_000, 'a'));
    expect(await files.create('catalog.json', Buffer.from('b'))).toBe(false);
    let done = false;
    const seen = new Set<string>();
    const reader = (async () => {
      while (!done) {
        const read = await bed().other.files.read('catalog.json', 200_000);
        seen.add(`${read?.length} ${new Set(read).size}`);
      }
    })();
    for (const letter of 'bcdefg')
      await files.replace('catalog.json', Buffer.alloc(100_000, letter));
    done = true;
    await reader;
    expect([...seen]).toEqual(['100000 1']);
    const last = await bed().other.files.read('catalog.json', 100_000);
    expect(last?.toString()).toBe('g'.repeat(100_000));
  });

  it('files.read() gives undefined for what is not there, and refuses what is too large', async () => {
    const { files } = bed().publisher;
    expect(await files.read('a/b', 10)).toBeUndefined();
    await files.create('a/b', Buffer.from('0123456789'));
    expect((await files.read('a/b', 10))?.toString()).toBe('0123456789');
    await expect(files.read('a/b', 9)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'Cannot read file "a/b": it has 10 bytes (want at most 9)',
    });
    await files.create('empty', Buffer.alloc(0));
    expect(await files.read('empty', 0)).toHaveLength(0);
  });

  it('files.list() gives the names in a folder in ascending byte order, and no folders', async () => {
    const { files } = bed().publisher;
    expect(await files.list('catalogs')).toEqual([]);
    for (const name of ['b', 'a', 'B', 'a.b', 'a-b', '10', '9', 'a_b', 'deep/er'])
      await files.create(`catalogs/${name}`, Buffer.from(name));
    await files.create('catalogs-of-another/x', Buffer.from('x'));
    const names = ['10', '9', 'B', 'a', 'a-b', 'a.b', 'a_b', 'b'];
    expect(await bed().other.files.list('catalogs')).toEqual(names);
    expect(await files.list('catalogs/deep')).toEqual(['er']);
  });

  it('files.remove() removes a file, and is content when there is none', async () => {
    const { files } = bed().publisher;
    await files.create('a/b', Buffer.from('x'));
    await files.remove('a/b');
    await files.remove('a/b');
    expect(await files.read('a/b', 10)).toBeUndefined();
    expect(await bed().everything()).toEqual([]);
    expect(await files.create('a/b', Buffer.from('y'))).toBe(true);
  });

  it.each(HOSTILE)('files refuse the path %j', async (path) => {
    const { files } = bed().publisher;
    const refused = { code: 'STORE_UNAVAILABLE', outcome: 'not-applied' };
    const calls = [
      async () => files.create(path, Buffer.from('x')),
      async () => files.replace(path, Buffer.from('x')),
      async () => files.read(path, 10),
      async () => files.list(path),
      async () => files.remove(path),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
    expect(await bed().everything()).toEqual([]);
  });
}
