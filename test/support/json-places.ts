import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** Where a value stands in JSON: names of members, and indexes. */
export type JsonPlace = readonly (string | number)[];

/** Gives the places of all texts. */
export function textPlaces(value: Json, at: JsonPlace = []): readonly JsonPlace[] {
  if (typeof value === 'string') return [at];
  return membersOf(value).flatMap(([name, member]) => textPlaces(member, [...at, name]));
}

/** Gives the places of all objects. */
export function objectPlaces(value: Json, at: JsonPlace = []): readonly JsonPlace[] {
  const own = isJsonObject(value) ? [at] : [];
  const inner = membersOf(value).flatMap(([name, member]) => objectPlaces(member, [...at, name]));
  return [...own, ...inner];
}

/** Gives a copy in which one place holds something else. */
export function replaced(value: Json, at: JsonPlace, edit: (value: Json) => Json): Json {
  const [name, ...rest] = at;
  if (name === undefined) return edit(value);
  const members = membersOf(value).map(
    ([key, member]) => [key, key === name ? replaced(member, rest, edit) : member] as const,
  );
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** Gives a copy of an object with one more member, whatever its name: `__proto__` too is a member. */
export function withMember(object: Json, name: string, member: Json): JsonObject {
  return Object.fromEntries([...Object.entries(object as JsonObject), [name, member]]);
}

/** Gives every text that stands in JSON: values, names of members, and those of JSON that is kept as text. */
export function textsIn(value: Json, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') {
    found.add(value);
    if (value.startsWith('{"')) textsIn(parsed(value), found);
  }
  for (const [name, member] of membersOf(value)) {
    if (typeof name === 'string') found.add(name);
    textsIn(member, found);
  }
  return found;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function membersOf(value: Json): readonly (readonly [string | number, Json])[] {
  if (Array.isArray(value)) return [...(value as readonly Json[]).entries()];
  return isJsonObject(value) ? Object.entries(value) : [];
}
