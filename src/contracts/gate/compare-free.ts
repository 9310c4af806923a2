import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { escapeToken } from '#contracts/json/pointer';
import { show } from '#contracts/json-schema-diff/show';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** A value of free form, and where it stands. */
export interface FreeValue {
  readonly value: Json | undefined;
  /** A JSON pointer. */
  readonly pointer: string;
}

/** Lists the members of two values that differ. Their form is free, so that nothing in them breaks anybody. */
export function compareFree(older: FreeValue, newer: FreeValue): readonly UnjudgedChange[] {
  const [was, is] = [older.value, newer.value];
  if (isJsonObject(was) && isJsonObject(is)) {
    const names = new Set([...Object.keys(was), ...Object.keys(is)]);
    return [...names].flatMap((name) =>
      compareFree(member(older, was, name), member(newer, is, name)),
    );
  }
  if (was === undefined && is === undefined) return [];
  if (was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is)) return [];
  const { pointer } = is === undefined ? older : newer;
  const what = pointer === '' ? 'The descriptor' : `The descriptor's value at ${show(pointer)}`;
  return [
    {
      rule: 'descriptor-changed',
      part: 'descriptor',
      message: `${what} ${verbOf(was, is)}`,
      ...(was === undefined ? {} : { before: older.pointer }),
      ...(is === undefined ? {} : { after: newer.pointer }),
      breaks: [],
      isFeature: false,
    },
  ];
}

function verbOf(older: Json | undefined, newer: Json | undefined): string {
  if (older === undefined) return `was added as ${show(newer ?? null)}`;
  if (newer === undefined) return `was removed, which was ${show(older)}`;
  return `went from ${show(older)} to ${show(newer)}`;
}

function member({ pointer }: FreeValue, object: JsonObject, name: string): FreeValue {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return { value, pointer: `${pointer}/${escapeToken(name)}` };
}
