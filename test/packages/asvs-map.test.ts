import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/asvs.md'), 'utf8');

/** The sections of ASVS 5.0.0 with the level of each of their requirements, in order. */
const LEVELS = new Map(
  `
    1.1:22 1.2:1111122223 1.3:112222222223 1.4:222 1.5:123
    2.1:122 2.2:112 2.3:12223 2.4:23
    3.1:3 3.2:113 3.3:12223 3.4:11222233 3.5:11122333 3.6:3 3.7:22333
    4.1:12233 4.2:23333 4.3:22 4.4:1222
    5.1:2 5.2:112333 5.3:113 5.4:222
    6.1:122 6.2:111111112222 6.3:11223333 6.4:112233 6.5:22222333 6.6:2223 6.7:33 6.8:2222
    7.1:222 7.2:1111 7.3:22 7.4:11222 7.5:223 7.6:22
    8.1:1233 8.2:1123 8.3:133 8.4:23
    9.1:111 9.2:1222
    10.1:22 10.2:223 10.3:22223 10.4:1111122222233333 10.5:22222 10.6:22 10.7:222
    11.1:2233 11.2:22233 11.3:11233 11.4:1222 11.5:23 11.6:23 11.7:33
    12.1:12233 12.2:11 12.3:22223
    13.1:2333 13.2:222223 13.3:2233 13.4:1222233
    14.1:22 14.2:12223333 14.3:122
    15.1:12233 15.2:12233 15.3:1222222 15.4:3333
    16.1:2 16.2:22222 16.3:2222 16.4:222 16.5:2223
    17.1:23 17.2:22223333 17.3:22
  `
    .trim()
    .split(/\s+/)
    .map((one) => one.split(':') as [section: string, levels: string]),
);
const WORDS = ['not met', 'by configuration', 'by design'] as const;

interface Row {
  readonly no: string;
  readonly level: string;
  readonly does: string;
  readonly shown: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

function rowOf(line: string): Row {
  const [no = '', level = '', does = '', shown = '', ...rest] = line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
  expect(rest, line).toEqual([]);
  const found = [...shown.matchAll(/`(test\/[^`]*)`: "([^"]*)"/g)];
  const tests = found.map(([, file = '', name = '']) => ({ file, name }));
  return { no, level, does, shown, tests };
}

const rows = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| no.'))
  .map(rowOf);
/** What is said not to apply: single requirements, and whole sections. */
const excluded = [...PAGE.matchAll(/^- (\d[\d., ]*): \S/gm)].flatMap(([, list = '']) =>
  list.split(', '),
);

/** Every requirement of levels 1 and 2. */
function requirements(): { no: string; level: string }[] {
  return [...LEVELS].flatMap(([section, levels]) =>
    levels
      .split('')
      .flatMap((level, index) => (level === '3' ? [] : [{ no: `${section}.${index + 1}`, level }])),
  );
}

/** The names of the tests of a file, and of the groups that they are in. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const calls = /(?:\b(?:it|test|describe)|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;
  return [...text.matchAll(calls)].map(([, , name = '']) => name.replaceAll(/\\(.)/g, '$1'));
}

describe('docs/asvs.md', () => {
  it('has every requirement of levels 1 and 2 once, with its level, or says why it does not apply', () => {
    expect([...LEVELS.values()].join('')).toHaveLength(345);
    const sections = new Set(excluded.filter((one) => one.split('.').length === 2));
    const named = [...rows.map(({ no }) => no), ...excluded.filter((one) => !sections.has(one))];
    const whole = requirements().filter(({ no }) => sections.has(no.replace(/\.\d+$/, '')));
    const all = [...named, ...whole.map(({ no }) => no)].toSorted();
    expect(all).toEqual(
      requirements()
        .map(({ no }) => no)
        .toSorted(),
    );
    const levels = new Map(requirements().map(({ no, level }) => [no, level]));
    expect(rows.filter(({ no, level }) => levels.get(no) !== level)).toEqual([]);
  });

  it('says of every row what is done, and shows it by a test or says why not', () => {
    const bare = rows.filter(
      ({ does, shown, tests }) =>
        does === '' || (tests.length === 0 && !WORDS.some((word) => shown.startsWith(word))),
    );
    expect(bare).toEqual([]);
    const unread = rows.filter(
      ({ shown, tests }) => shown.split('`test/').length - 1 !== tests.length,
    );
    expect(unread).toEqual([]);
  });

  it('names tests that there are', () => {
    const missing = rows.flatMap(({ no, tests }) =>
      tests
        .filter(({ file }) => !file.endsWith('.test.ts') || !existsSync(join(ROOT, file)))
        .map(({ file }) => `${no}: ${file}`),
    );
    expect(missing).toEqual([]);
    const unknown = rows.flatMap(({ no, tests }) =>
      tests
        .filter(
          ({ file, name }) => name === '' || !namesIn(file).some((one) => one.startsWith(name)),
        )
        .map(({ file, name }) => `${no}: ${file}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('counts what is met', () => {
    const count = (is: (row: Row) => boolean): number => rows.filter(is).length;
    const [notMet, configured, designed] = WORDS.map((word) =>
      count(({ shown }) => shown.startsWith(word)),
    );
    const met = count(({ shown }) => shown.startsWith('`test/'));
    console.log(
      `ASVS 5.0.0, levels 1 and 2: ${requirements().length} requirements, ${rows.length} apply: ${met} met by tests, ${designed} by design, ${configured} by configuration, ${notMet} not met`,
    );
    expect(met + Number(notMet) + Number(configured) + Number(designed)).toBe(rows.length);
  });
});
