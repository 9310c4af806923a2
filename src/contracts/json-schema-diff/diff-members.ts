import { escapeToken } from '#contracts/json/pointer';
import { childEntries, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { ClosingRule } from '#contracts/json-schema-diff/schema-change';
import {
  childrenOf,
  type DiffSurroundings,
  type FoundChange,
  type InnerPair,
  isOpen,
  type PairDifferences,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';
import { placed, show } from '#contracts/json-schema-diff/show';
import type { Json } from '#domain/canonical-json';

/** Lists what differs in the members that two schemas name, need and allow. */
export function diffMembers(pair: SchemaPair, surroundings: DiffSurroundings): PairDifferences {
  const found = [
    diffNamed(pair, { keyword: 'properties', noun: 'Property', rule: 'property' }, surroundings),
    diffNamed(
      pair,
      { keyword: 'patternProperties', noun: 'Pattern', rule: 'pattern-property' },
      surroundings,
    ),
    diffClosing(pair, 'additionalProperties', 'additional-properties'),
    diffClosing(pair, 'unevaluatedProperties', 'unevaluated-properties'),
    diffDependentSchemas(pair),
  ];
  return {
    changes: [
      ...diffRequired(pair),
      ...diffDependentRequired(pair),
      ...found.flatMap(({ changes }) => changes),
    ],
    inner: found.flatMap(({ inner }) => inner),
  };
}

interface NamedMembers {
  readonly keyword: 'patternProperties' | 'properties';
  readonly noun: string;
  readonly rule: 'pattern-property' | 'property';
}

function diffNamed(
  pair: SchemaPair,
  { keyword, noun, rule }: NamedMembers,
  surroundings: DiffSurroundings,
): PairDifferences {
  const [was, is] = [new Map(childEntries(pair.older, keyword)), entries(pair.newer, keyword)];
  const changes: FoundChange[] = [];
  const inner: InnerPair[] = [];
  const where = placed(pair.newer.pointer);
  for (const [name, older] of was) {
    const newer = is.get(name);
    const path = `${keyword}/${escapeToken(name)}`;
    if (newer !== undefined) inner.push({ older, newer, context: 'plain' });
    else {
      changes.push({
        rule: `${rule}-removed`,
        message: `${noun} ${show(name)}${where} was removed`,
        effect: flip(comingEffect(older, pair.newer, surroundings)),
        was: path,
        alone: { path, value: undefined },
      });
    }
  }
  for (const [name, newer] of is) {
    if (was.has(name)) continue;
    const path = `${keyword}/${escapeToken(name)}`;
    changes.push({
      rule: `${rule}-added`,
      message: `${noun} ${show(name)}${where} was added`,
      effect: comingEffect(newer, pair.older, surroundings),
      is: path,
      alone: { path, value: newer.schema },
    });
  }
  return { changes, inner };
}

function entries(place: SchemaPlace, keyword: string): ReadonlyMap<string, SchemaPlace> {
  return new Map(childEntries(place, keyword));
}

/** Says what it does when a name gets a schema of its own, which until then was among the others. */
function comingEffect(
  schema: SchemaPlace,
  others: SchemaPlace,
  { hasUnevaluated }: DiffSurroundings,
): 'narrows' | 'none' | 'unclear' | 'widens' {
  const rest = others.children.get('additionalProperties');
  // A name that a pattern matches is not among the others, whatever they are.
  if (hasUnevaluated || childEntries(others, 'patternProperties').length > 0) return 'unclear';
  if (rest?.schema === false) return schema.schema === false ? 'none' : 'widens';
  if (!isOpen(rest)) return 'unclear';
  return isOpen(schema) ? 'none' : 'narrows';
}

function flip(effect: 'narrows' | 'none' | 'unclear' | 'widens') {
  if (effect === 'narrows') return 'widens';
  return effect === 'widens' ? 'narrows' : effect;
}

/** Compares what holds for everything that has no schema of its own: open where nothing is said. */
export function diffClosing(pair: SchemaPair, keyword: string, rule: ClosingRule): PairDifferences {
  const { was, is } = childrenOf(pair, keyword);
  const [older, newer] = [was?.schema ?? true, is?.schema ?? true];
  if (was !== undefined && is !== undefined && older !== false && newer !== false) {
    return { changes: [], inner: [{ older: was, newer: is, context: 'plain' }] };
  }
  if (isOpen(was) && isOpen(is)) return { changes: [], inner: [] };
  if (older === false && newer === false) return { changes: [], inner: [] };
  const kind = newer === false ? 'closed' : older === false ? 'opened' : 'changed';
  const isTighter = newer === false || (older !== false && was === undefined);
  const name = `${show(keyword)}${placed(pair.newer.pointer)}`;
  const change: FoundChange = {
    rule: `${rule}-${kind}`,
    message: `${name} went from ${was === undefined ? 'nothing' : show(older)} to ${is === undefined ? 'nothing' : show(newer)}`,
    effect: isTighter ? 'narrows' : 'widens',
    ...(was === undefined ? {} : { was: keyword }),
    ...(is === undefined ? {} : { is: keyword }),
    alone: { path: keyword, value: is?.schema },
  };
  return { changes: [change], inner: [] };
}

function diffRequired(pair: SchemaPair): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, 'required');
  const [older, newer] = [names(was), names(is)];
  const where = placed(pair.newer.pointer);
  const change = (name: string, isAdded: boolean): FoundChange => ({
    rule: isAdded ? 'required-added' : 'required-removed',
    message: `Property ${show(name)}${where} ${isAdded ? 'became required' : 'is no longer required'}`,
    effect: isAdded ? 'narrows' : 'widens',
    ...(was === undefined ? {} : { was: 'required' }),
    ...(is === undefined ? {} : { is: 'required' }),
    alone: { path: 'required', value: withName(older, name, isAdded) },
  });
  return [
    ...older.filter((name) => !newer.includes(name)).map((name) => change(name, false)),
    ...newer.filter((name) => !older.includes(name)).map((name) => change(name, true)),
  ];
}

function withName(list: readonly string[], name: string, isAdded: boolean): readonly string[] {
  return isAdded ? [...list, name] : list.filter((other) => other !== name);
}

function names(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? [...new Set((value as readonly Json[]).filter((each) => typeof each === 'string'))]
    : [];
}

/** Compares what one member asks for beside it; in the older drafts a part of `dependencies`. */
function diffDependentRequired(pair: SchemaPair): readonly FoundChange[] {
  const [was, is] = [dependentNames(pair.older), dependentNames(pair.newer)];
  const where = placed(pair.newer.pointer);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((trigger) => {
    const [older, newer] = [was.get(trigger) ?? [], is.get(trigger) ?? []];
    const change = (name: string, isAdded: boolean): FoundChange => ({
      rule: isAdded ? 'dependent-required-added' : 'dependent-required-removed',
      message: `Property ${show(name)}${where} ${isAdded ? 'became required' : 'is no longer required'} beside ${show(trigger)}`,
      effect: isAdded ? 'narrows' : 'widens',
      ...(older.length === 0 ? {} : { was: dependentPath(pair.older, trigger) }),
      ...(newer.length === 0 ? {} : { is: dependentPath(pair.newer, trigger) }),
    });
    const removed = older.filter((name) => !newer.includes(name));
    const added = newer.filter((name) => !older.includes(name));
    return removed
      .map((name) => change(name, false))
      .concat(added.map((name) => change(name, true)));
  });
}

function dependentKeyword({ dialect }: SchemaPlace, newName: string): string {
  return dialect === '2019-09' || dialect === '2020-12' ? newName : 'dependencies';
}

function dependentPath(place: SchemaPlace, trigger: string): string {
  return `${dependentKeyword(place, 'dependentRequired')}/${escapeToken(trigger)}`;
}

function dependentNames(place: SchemaPlace): ReadonlyMap<string, readonly string[]> {
  const pair = { older: place, newer: place };
  const held = valuesOf(pair, dependentKeyword(place, 'dependentRequired')).was;
  if (typeof held !== 'object' || held === null || Array.isArray(held)) return new Map();
  return new Map(Object.entries(held).map(([trigger, list]) => [trigger, names(list)]));
}

function diffDependentSchemas(pair: SchemaPair): PairDifferences {
  const held = (place: SchemaPlace) => entries(place, dependentKeyword(place, 'dependentSchemas'));
  const path = (place: SchemaPlace, trigger: string) =>
    `${dependentKeyword(place, 'dependentSchemas')}/${escapeToken(trigger)}`;
  const [was, is] = [held(pair.older), held(pair.newer)];
  const changes: FoundChange[] = [];
  const inner: InnerPair[] = [];
  for (const trigger of new Set([...was.keys(), ...is.keys()])) {
    const [older, newer] = [was.get(trigger), is.get(trigger)];
    if (older !== undefined && newer !== undefined) inner.push({ older, newer, context: 'plain' });
    else {
      const isAdded = newer !== undefined;
      changes.push({
        rule: isAdded ? 'dependent-schema-added' : 'dependent-schema-removed',
        message: `The schema${placed(pair.newer.pointer)} beside property ${show(trigger)} was ${isAdded ? 'added' : 'removed'}`,
        effect: isAdded ? 'narrows' : 'widens',
        ...(isAdded ? { is: path(pair.newer, trigger) } : { was: path(pair.older, trigger) }),
      });
    }
  }
  return { changes, inner };
}
