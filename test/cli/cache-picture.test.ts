import { describe, expect, it } from 'vitest';
import { describeCache } from '#cli/cache/describe-cache';
import type { CacheDocument } from '#cli/cache/fetch-cache';
import { isWithin, judgeCache, REQUESTS_MIN } from '#cli/cache/judge-cache';
import { type Look, watchCache } from '#cli/cache/watch-cache';

const GIB = 1_073_741_824;
const THRESHOLDS = { hitRatioMin: 0.6, bytesMax: 8 * GIB };
const UNTIL = '2026-11-21T12:40:00.000Z';

function file(sha256: string, over: Partial<CacheDocument['files'][number]> = {}) {
  return {
    sha256: sha256.repeat(64),
    kind: 'artifact',
    datasets: ['default/dev a/b'],
    bytes: 1_536,
    pinned: false,
    leases: 0,
    verified_age_ms: 61_000,
    last_use_age_ms: 7_300_000,
    quarantined_until: null,
    ...over,
  };
}

function cacheOf(over: Partial<CacheDocument> = {}): CacheDocument {
  return {
    files: [],
    quarantined: [],
    bytes: 0,
    bytes_max: 8 * GIB,
    hits: 0,
    misses: 0,
    downloads: 0,
    evictions: 0,
    quarantines: 0,
    ...over,
  };
}

/** The text without colours, which depend on where the tests run. */
function picture(over: Partial<CacheDocument>): readonly string[] {
  const cache = cacheOf(over);
  const verdicts = judgeCache(cache, THRESHOLDS);
  const text = describeCache('http://here', cache, { thresholds: THRESHOLDS, verdicts });
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[\d+m/g, '').split('\n');
}

describe('the picture of a cache', () => {
  it('has a line for each file under aligned heads, and names other scopes', () => {
    const files = [
      file('a'),
      file('b', {
        datasets: ['acme/prod sales/orders'],
        bytes: 3 * GIB,
        pinned: true,
        leases: 12,
        verified_age_ms: null,
        last_use_age_ms: 900,
      }),
    ];
    expect(picture({ files }).slice(2, 5)).toEqual([
      'DATASET                    SIZE  PINNED  LEASES  VERIFIED   LAST USE  QUARANTINED UNTIL',
      'a/b                     1.5 KiB  -            0  1 min ago  2 h ago   -',
      'acme/prod sales/orders  3.0 GiB  yes         12  not yet    0 s ago   -',
    ]);
  });

  it('names every dataset of a shared file, what is a shard, and what nobody has asked for', () => {
    const files = [
      file('a', { datasets: ['default/dev one', 'default/dev two'] }),
      file('b', { kind: 'shard', datasets: ['default/dev three'] }),
      file('c', { kind: 'shard-list', datasets: ['default/dev three'] }),
      file('d', { datasets: [] }),
    ];
    const names = picture({ files }).slice(3, 8);
    expect(names.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'one',
      'two',
      'three (shard)',
      'three (list of shards)',
      `file ${'d'.repeat(16)}… (no dataset yet)`,
    ]);
    expect(names[1]).toBe('two');
  });

  it('shows what is in quarantine once, whether its file is there or not', () => {
    const lines = picture({
      files: [file('a', { quarantined_until: UNTIL })],
      quarantined: [
        { sha256: 'a'.repeat(64), until: UNTIL },
        { sha256: 'f'.repeat(64), until: UNTIL },
      ],
    }).filter((line) => line.endsWith(UNTIL));
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'a/b',
      `file ${'f'.repeat(16)}… (not here)`,
    ]);
  });

  it('says that nothing is cached only when nothing is in quarantine either', () => {
    expect(picture({})[2]).toMatch(/^The cache is empty/);
    const quarantined = [{ sha256: 'f'.repeat(64), until: UNTIL }];
    expect(picture({ quarantined })[2]).toMatch(/^DATASET/);
  });

  it('never rounds a ratio up to its threshold', () => {
    const lines = picture({ hits: 59_999, misses: 40_001 });
    expect(lines.find((line) => line.startsWith('Hit ratio'))).toMatch(
      /^Hit ratio +0\.599 \(59999 of 100000 requests\) +PASSED, want at least 0\.6$/,
    );
  });
});

describe('judgeCache()', () => {
  it('passes a threshold strictly: at it is within', () => {
    const at = cacheOf({ hits: 60, misses: 40, bytes: 8 * GIB });
    expect(judgeCache(at, THRESHOLDS)).toEqual({ hitRatio: 'within', disk: 'within' });
    const over = cacheOf({ hits: 59, misses: 41, bytes: 8 * GIB + 1 });
    expect(judgeCache(over, THRESHOLDS)).toEqual({ hitRatio: 'passed', disk: 'passed' });
  });

  it(`does not judge the hit ratio before ${REQUESTS_MIN} requests, and judges the disk all the same`, () => {
    const few = judgeCache(cacheOf({ misses: REQUESTS_MIN - 1 }), THRESHOLDS);
    expect([few.hitRatio, isWithin(few)]).toEqual(['too-few', true]);
    const enough = judgeCache(cacheOf({ misses: REQUESTS_MIN }), THRESHOLDS);
    expect([enough.hitRatio, isWithin(enough)]).toEqual(['passed', false]);
    const full = judgeCache(cacheOf({ misses: 1, bytes: 9 * GIB }), THRESHOLDS);
    expect(isWithin(full)).toBe(false);
  });
});

describe('watchCache()', () => {
  it('draws over the last picture, goes on while the registry is away, and gives the last exit code', async () => {
    const looks: Look[] = [
      { text: 'well\n', exitCode: 0 },
      { text: 'away\n', exitCode: 2 },
      { text: 'full\n', exitCode: 1 },
    ];
    const stop = new AbortController();
    let written = '';
    const exitCode = await watchCache({
      look: async () => looks.shift() ?? { text: '', exitCode: 0 },
      out: {
        write: (text) => {
          written += text;
          if (looks.length === 0) stop.abort();
        },
      },
      everyMs: 1,
      signal: stop.signal,
    });
    const clear = '\u001b[2J\u001b[H';
    expect(written).toBe(`${clear}well\n${clear}away\n${clear}full\n`);
    expect(exitCode).toBe(1);
  });

  it('does not show, nor count, a look that the end has cut off', async () => {
    const stop = new AbortController();
    let written = '';
    const exitCode = await watchCache({
      look: async () => {
        stop.abort();
        return { text: 'cut off\n', exitCode: 2 };
      },
      out: { write: (text) => void (written += text) },
      everyMs: 1,
      signal: stop.signal,
    });
    expect([written, exitCode]).toEqual(['', 0]);
  });
});
