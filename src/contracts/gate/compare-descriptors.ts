import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { escapeToken } from '#contracts/json/pointer';
import { show } from '#contracts/json-schema-diff/show';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** A change that breaks nothing and adds nothing that others use. */
const HARMLESS = { breaks: [], isFeature: false } as const;

/** Lists the members of two descriptors that differ. Their form is free, so that nothing in them breaks anybody. */
export function compareDescriptors(
  older: JsonObject | undefined,
  newer: JsonObject | undefined,
): readonly UnjudgedChange[] {
  return compareValues(older, newer, '');
}

/** Lists the referenced contracts that came, went, or have another content under the same URI. */
export function compareReferences(
  older: ReadonlyMap<string, string>,
  newer: ReadonlyMap<string, string>,
): readonly UnjudgedChange[] {
  return [...new Set([...older.keys(), ...newer.keys()])].flatMap((uri) => {
    const [was, is] = [older.get(uri), newer.get(uri)];
    if (was === is) return [];
    const verb = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const change: UnjudgedChange = {
      rule: `reference-${verb}`,
      part: 'references',
      message: `The reference ${show(uri)} ${verb === 'changed' ? 'has another content' : `was ${verb}`}`,
      ...(was === undefined ? {} : { before: uri }),
      ...(is === undefined ? {} : { after: uri }),
      ...HARMLESS,
    };
    return [change];
  });
}

function compareValues(
  older: Json | undefined,
  newer: Json | undefined,
  pointer: string,
): readonly UnjudgedChange[] {
  if (isJsonObject(older) && isJsonObject(newer)) {
    const names = new Set([...Object.keys(older), ...Object.keys(newer)]);
    return [...names].flatMap((name) =>
      compareValues(own(older, name), own(newer, name), `${pointer}/${escapeToken(name)}`),
    );
  }
  if (older === undefined && newer === undefined) return [];
  if (older !== undefined && newer !== undefined && canonicalJson(older) === canonicalJson(newer)) {
    return [];
  }
  const what = pointer === '' ? 'The descriptor' : `The descriptor's value at ${show(pointer)}`;
  return [
    {
      rule: 'descriptor-changed',
      part: 'descriptor',
      message: `${what} ${verbOf(older, newer)}`,
      ...(older === undefined ? {} : { before: pointer }),
      ...(newer === undefined ? {} : { after: pointer }),
      ...HARMLESS,
    },
  ];
}

function verbOf(older: Json | undefined, newer: Json | undefined): string {
  if (older === undefined) return `was added as ${show(newer ?? null)}`;
  if (newer === undefined) return `was removed, which was ${show(older)}`;
  return `went from ${show(older)} to ${show(newer)}`;
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
