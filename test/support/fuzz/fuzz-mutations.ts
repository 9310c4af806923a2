import type { Json } from '#domain/canonical-json';
import { oneOf, type Pools } from '#test/support/fuzz/fuzz-values';
import type { Seeded } from '#test/support/seed';

const DEEP = 3_000;
const LONG = 70_000;

/** Texts of JSON values that readers stumble over. They stand in a body as they are. */
const RAW_VALUES: readonly string[] = [
  '1e400',
  '-0',
  '1e21',
  '9007199254740993',
  '-1',
  '0.1',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '[[[]]]',
  '"\\ud800"',
  '"\\u0000"',
  '"\\u202e"',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":1,"valueOf":1,"toJSON":1,"then":1}',
  '{"a":1,"a":2}',
  `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  `"${'x'.repeat(LONG)}"`,
  `[${'1,'.repeat(2_000)}1]`,
];

const MARK = '\uE000mark\uE000';
const MARKED = JSON.stringify(MARK);

type Path = readonly (string | number)[];

/** Makes the text of a body that is wrong in one place: another type, a member too much or too few, a value that hurts. */
export function nearlyRight(body: Json, pools: Pools, random: Seeded): string {
  const paths = pathsOf(body);
  const path = oneOf(random, paths);
  const chance = random.next();
  if (chance < 0.15) return JSON.stringify(edited(body, path, () => undefined) ?? null);
  if (chance < 0.3) return JSON.stringify(edited(body, path, (value) => withExtra(value, random)));
  const insert =
    chance < 0.7
      ? oneOf(random, RAW_VALUES)
      : chance < 0.9
        ? JSON.stringify(oneOf(random, pools.hostile))
        : JSON.stringify(oneOf(random, pools.json));
  return JSON.stringify(edited(body, path, () => MARK)).replace(MARKED, () => insert);
}

function withExtra(value: Json, random: Seeded): Json {
  const name = oneOf(random, ['extra', '', '__proto__', 'constructor', 'hasOwnProperty', 'tenant']);
  if (Array.isArray(value)) return [...value, ...value, 'extra'];
  if (typeof value !== 'object' || value === null) return [value];
  // Not by assignment: that would change what the object is.
  return Object.fromEntries([...Object.entries(value), [name, 'extra']]);
}

function pathsOf(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name])),
  ];
}

function edited(value: Json, path: Path, edit: (value: Json) => Json | undefined): Json {
  const [name, ...rest] = path;
  if (name === undefined) return edit(value) ?? null;
  const members = Object.entries(value as object).flatMap(([key, member]) => {
    if (key !== String(name)) return [[key, member as Json] as const];
    const made = rest.length === 0 ? edit(member as Json) : edited(member as Json, rest, edit);
    return made === undefined ? [] : [[key, made] as const];
  });
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** Texts that are no JSON, or not what they say. */
export const WRONG_BODIES: readonly Buffer[] = [
  '',
  '{',
  '{"a":1',
  '{"name":"a"}}',
  "{'name':'a'}",
  '\uFEFF{}',
  'NaN',
  '[1,]',
  '{"a":01}',
  'null',
  '"text"',
  '[]',
  '0',
  '<xml/>',
  '{"a":"\u0001"}',
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00]),
    Buffer.alloc(300_000, 0x20),
  ]);
