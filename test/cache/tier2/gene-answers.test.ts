import { describe, expect, it } from 'vitest';
import { type AnswerKey, GeneAnswers, type GeneAnswersOptions } from '#cache/tier2/gene-answers';
import { GuardedRedis, type RedisCommands } from '#cache/tier2/guarded-redis';
import { FakeClock } from '#test/support/fake-clock';
import { forSeeds } from '#test/support/seed';

const KEY: AnswerKey = {
  scope: 'default/dev',
  artifactSha256: 'a'.repeat(64),
  geneId: 'ENSG00000139618',
  fields: ['gene_id', 'start'],
};
const ANSWER = '{"gene_id":"ENSG00000139618","start":32315086,"name":"Brça 2 🧬"}';

interface Stored {
  readonly value: string;
  readonly ttlSeconds: number;
}

/** A node with a map in place of Redis, so that the test can look at what is written and change it. */
function setUp(options: Partial<GeneAnswersOptions> = {}, values = new Map<string, Stored>()) {
  const clock = new FakeClock();
  const redis: RedisCommands = {
    getRange: async (key, bytesMax) =>
      Buffer.from(values.get(key)?.value ?? '')
        .subarray(0, bytesMax)
        .toString(),
    set: async (key, value, ttlSeconds) => {
      values.set(key, { value, ttlSeconds });
    },
    evaluate: () => Promise.reject(new Error('not asked for')),
  };
  const answers = new GeneAnswers({ redis: new GuardedRedis({ redis, clock }), clock, ...options });
  const only = (): readonly [string, Stored] => {
    const [first] = values;
    if (first === undefined) throw new Error('nothing was written');
    return first;
  };
  const poison = (value: string): void => {
    values.set(only()[0], { value, ttlSeconds: 1 });
  };
  return { clock, answers, values, only, poison };
}

describe('GeneAnswers', () => {
  it('gives an answer as it was set, on any node of the same registry', async () => {
    const one = setUp();
    expect(await one.answers.get(KEY)).toBeUndefined();
    await one.answers.set(KEY, ANSWER);
    const other = setUp({}, one.values);
    expect(await other.answers.get({ ...KEY, fields: [...KEY.fields] })).toBe(ANSWER);
    expect(one.answers.counts()).toMatchObject({ absent: 1, stored: 1, hits: 0 });
    expect(other.answers.counts()).toMatchObject({ hits: 1 });
  });

  it('keeps apart all that an answer depends on, however the parts are cut', async () => {
    const { answers, values } = setUp();
    const keys: AnswerKey[] = [
      KEY,
      { ...KEY, scope: 'default/prod' },
      { ...KEY, artifactSha256: 'b'.repeat(64) },
      { ...KEY, geneId: 'ENSG0000013961' },
      { ...KEY, fields: ['gene_id'] },
      { ...KEY, fields: ['start', 'gene_id'] },
      { ...KEY, fields: ['gene_id,start'] },
      { ...KEY, fields: [] },
      { ...KEY, geneId: '","', fields: [] },
      { ...KEY, geneId: '', fields: ['","'] },
      { ...KEY, geneId: 'a\nb' },
    ];
    for (const [index, key] of keys.entries()) await answers.set(key, `answer ${index}`);
    expect(values.size).toBe(keys.length);
    for (const [index, key] of keys.entries())
      expect(await answers.get(key)).toBe(`answer ${index}`);
  });

  it('writes short keys without anything readable in them, that begin with the prefix', async () => {
    const { answers, only } = setUp({ prefix: 'p'.repeat(186) });
    await answers.set({ ...KEY, geneId: 'g'.repeat(5_000) }, ANSWER);
    expect(only()[0]).toMatch(/^p{186}:gene:[0-9a-f]{64}$/);
    expect(only()[0]).toHaveLength(256);
    expect(() => setUp({ prefix: 'p'.repeat(187) })).toThrow(RangeError);
    expect(() => setUp({ prefix: 'ä'.repeat(94) })).toThrow('have 258 bytes (want at most 256');
  });

  it('brings lifetimes into 1 to 60 seconds, 30 where nobody says', async () => {
    for (const [asked, kept] of [
      [undefined, 30],
      [0, 1],
      [-5, 1],
      [1.9, 1],
      [60, 60],
      [86_400, 60],
    ]) {
      const { answers, only } = setUp(asked === undefined ? {} : { ttlSeconds: asked });
      await answers.set(KEY, ANSWER);
      expect(only()[1].ttlSeconds).toBe(kept);
    }
  });

  it('gives no answer that was changed, whatever changed in it', async () => {
    await forSeeds(300, async (random) => {
      const secret = random.int(2) === 0 ? {} : { secret: 'of this registry' };
      const { answers, only, poison } = setUp(secret);
      await answers.set(KEY, ANSWER);
      const { value } = only()[1];
      const at = random.int(value.length);
      const letter = String.fromCharCode(random.int(0xd7ff));
      const changed = random.pick([
        value.slice(0, at) + letter + value.slice(at + 1),
        value.slice(0, at),
        value.slice(0, at) + letter + value.slice(at),
        value + letter,
        value.slice(at),
      ]);
      if (changed === value) return;
      poison(changed);
      expect(await answers.get(KEY)).toBeUndefined();
      expect(answers.counts()).toMatchObject({ hits: 0 });
    });
  });

  it('gives no well-sealed answer to another question that stands under its key', async () => {
    for (const other of [
      { ...KEY, scope: 'other/dev' },
      { ...KEY, artifactSha256: 'c'.repeat(64) },
      { ...KEY, geneId: 'ENSG2' },
      { ...KEY, fields: ['gene_id'] },
    ]) {
      const { answers, only, poison } = setUp();
      await answers.set(KEY, ANSWER);
      const elsewhere = setUp();
      await elsewhere.answers.set(other, ANSWER);
      poison(elsewhere.only()[1].value);
      expect(only()[1].value).toContain(ANSWER);
      expect(await answers.get(KEY)).toBeUndefined();
      expect(answers.counts()).toMatchObject({ hits: 0, foreign: 1 });
    }
  });

  it('with a secret gives no answer that was sealed without it or with another', async () => {
    for (const secret of [undefined, 'guessed']) {
      const forger = setUp(secret === undefined ? {} : { secret });
      await forger.answers.set(KEY, '{"forged":true}');
      const { answers } = setUp({ secret: 'of this registry' }, forger.values);
      expect(await answers.get(KEY)).toBeUndefined();
      expect(answers.counts()).toMatchObject({ corrupt: 1 });
    }
  });

  it('neither writes nor takes what is too large, counted in bytes', async () => {
    const sealed = 64 + 1 + JSON.stringify(Object.values(KEY)).length + 1;
    const { answers, values, poison } = setUp({ valueBytesMax: sealed + 8 });
    await answers.set(KEY, 'äääää');
    expect([values.size, answers.counts().tooLarge]).toEqual([0, 1]);
    await answers.set(KEY, 'ääää');
    expect(await answers.get(KEY)).toBe('ääää');
    const generous = setUp();
    await generous.answers.set(KEY, 'ääää!');
    poison(generous.only()[1].value);
    expect(await answers.get(KEY)).toBeUndefined();
    poison('\u0000'.repeat(1_000_000));
    expect(await answers.get(KEY)).toBeUndefined();
    expect(answers.counts()).toMatchObject({ tooLarge: 3, corrupt: 0 });
  });

  it('does not write what would not come back as it went', async () => {
    const { answers, values } = setUp();
    await answers.set(KEY, '"\ud83e"');
    expect([values.size, answers.counts().malformed]).toEqual([0, 1]);
  });

  it('writes no more distinct keys within a lifetime than it may, and again when they are gone', async () => {
    const { answers, clock, values } = setUp({ keysMax: 3, ttlSeconds: 10 });
    const set = (geneId: string): Promise<void> => answers.set({ ...KEY, geneId }, ANSWER);
    await set('a');
    clock.skip(5_000);
    for (const geneId of ['b', 'c', 'd', 'e']) await set(geneId);
    expect([values.size, answers.counts().tooMany]).toEqual([3, 2]);
    // Known already, and now the youngest.
    await set('a');
    clock.skip(5_000);
    await set('d');
    expect(answers.counts().tooMany).toBe(3);
    clock.skip(1);
    clock.skip(4_999);
    for (const geneId of ['d', 'e', 'f']) await set(geneId);
    expect(values.size).toBe(6);
    expect(answers.counts()).toMatchObject({ stored: 7, tooMany: 3 });
  });
});
