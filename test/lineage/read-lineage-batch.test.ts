import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLineageBatch } from '#lineage/read-lineage-batch';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { splitJsonArray } from '#lineage/split-json-array';
import { runDocument } from '#test/lineage/lineage-events';

const RIGHT = JSON.stringify(runDocument({ note: '],[{\\"}' }));

async function kinds(text: string, eventsMax = 100): Promise<readonly string[] | 'refused'> {
  const batch = await readLineageBatch(text, { eventsMax });
  if (batch.kind === 'refused') return 'refused';
  expect(batch.items.map(({ index }) => index)).toEqual(batch.items.map((_, at) => at));
  return batch.items.map((item) =>
    item.kind === 'event' ? 'event' : `${item.faults[0]?.rule} ${item.faults[0]?.path}`,
  );
}

describe('readLineageBatch()', () => {
  it.each([
    ['{}', 'schema /eventTime'],
    ['null', 'schema '],
    ['[]', 'schema '],
    ['"text, with ] and }"', 'schema '],
    ['{"a":1,"a":2}', 'syntax '],
    ['{"a":"\\ud800"}', 'syntax '],
    ['{bad}', 'syntax '],
    ['{"a":[1}]', 'syntax '],
    ['[1}', 'syntax '],
    ['tru', 'syntax '],
    ['', 'syntax '],
    [RIGHT.replace('START', 'DONE'), 'schema /eventType'],
    ['['.repeat(5_000) + ']'.repeat(5_000), 'value '],
  ])('reads the events before and after %s', async (wrong, fault) => {
    const items = await kinds(`[${RIGHT},${wrong},\n ${RIGHT} ]`);
    expect(items).toEqual(['event', fault, 'event']);
  });

  it('bounds the size of each event, and not of their sum', async () => {
    const long = JSON.stringify(runDocument({ note: 'x'.repeat(1_000) }));
    const batch = await readLineageBatch(`[${RIGHT},${long},${RIGHT}]`, {
      eventsMax: 3,
      bytesMax: 900,
    });
    if (batch.kind === 'refused') throw new Error('refused');
    expect(batch.items.map(({ kind }) => kind)).toEqual(['event', 'refused', 'event']);
  });

  it('reads an empty batch as one without items', async () => {
    expect(await kinds(' [ \n] ')).toEqual([]);
  });

  it.each([
    '',
    '{}',
    'null',
    `[${RIGHT}`,
    `[${RIGHT}}`,
    '[}',
    `[${RIGHT}] 1`,
    '[{"a":[1}]',
    '["open]',
    '[]]',
  ])('refuses %j, whose items cannot be told apart', async (text) => {
    expect(await readLineageBatch(text, { eventsMax: 10 })).toMatchObject({
      kind: 'refused',
      faults: [{ rule: 'syntax', path: '' }],
    });
  });

  it('takes nothing after a comma for a wrong item', async () => {
    expect(await kinds(`[${RIGHT},]`)).toEqual(['event', 'syntax ']);
    expect(await kinds(`[,${RIGHT}]`)).toEqual(['syntax ', 'event']);
  });

  it('says which bracket closes nothing', async () => {
    const batch = await readLineageBatch('[1}', { eventsMax: 1 });
    expect(batch).toMatchObject({ faults: [{ message: expect.stringContaining('has a "}"') }] });
  });

  it('refuses more events than allowed', async () => {
    expect(await kinds(`[${RIGHT},${RIGHT}]`, 2)).toEqual(['event', 'event']);
    expect(await readLineageBatch(`[${RIGHT},${RIGHT},${RIGHT}]`, { eventsMax: 2 })).toMatchObject({
      faults: [{ rule: 'value', message: expect.stringContaining('has more than 2 items') }],
    });
    expect(await kinds(`[${','.repeat(1_000_000)}]`, 1_000)).toBe('refused');
  });

  it('reads each item as readLineageEvent() does', async () => {
    const items = [RIGHT, '{}', JSON.stringify(runDocument({ mine: 'ü' }))];
    const batch = await readLineageBatch(`[${items.join(' , ')}]`, { eventsMax: 3 });
    expect(batch).toMatchObject({ items: items.map((item) => readLineageEvent(item)) });
  });
});

describe('splitJsonArray()', () => {
  it('cuts a million spaces, brackets and quotes in time linear in the text', async () => {
    const spaces = ' '.repeat(2_000_000);
    expect(await splitJsonArray(`[1${spaces}2,3]${spaces}`, 2)).toMatchObject({
      items: [expect.any(String), '3'],
    });
    expect((await splitJsonArray(`${spaces}1`, 2)).kind).toBe('refused');
    expect((await splitJsonArray(`[${spaces}]${spaces}x`, 2)).kind).toBe('refused');
    expect((await splitJsonArray('['.repeat(2_000_000), 2)).kind).toBe('refused');
    expect((await splitJsonArray(`["${'\\"'.repeat(1_000_000)}`, 2)).kind).toBe('refused');
  });

  it.each([
    ['one text', `["${'\\"'.repeat(8_388_608)}"]`],
    ['one array', `[[${'1,'.repeat(8_388_608)}1]]`],
  ])(
    'lets others have their turn in %s that is all of a batch, and cuts the same',
    async (_what, text) => {
      let turns = 0;
      const count = (): void => {
        turns += 1;
        waiting = setImmediate(count);
      };
      let waiting = setImmediate(count);
      const split = await splitJsonArray(text, 2);
      clearImmediate(waiting);
      expect(turns).toBeGreaterThan(10);
      expect(split).toEqual({ kind: 'items', items: [text.slice(1, -1)] });
    },
  );

  it('cuts every JSON array as JSON does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.constantFrom(0, 1), async (values, indent) => {
        const split = await splitJsonArray(JSON.stringify(values, null, indent), values.length);
        if (split.kind === 'refused') throw new Error(split.is);
        expect(split.items.map((item) => JSON.stringify(JSON.parse(item)))).toEqual(
          values.map((value) => JSON.stringify(value)),
        );
      }),
    );
  });
});
