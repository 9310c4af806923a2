import type {
  WitInterfaceItem,
  WitName,
  WitNoted,
  WitType,
  WitTypeDefinition,
  WitUse,
  WitWorldItem,
} from '#contracts/wit/ast';
import { type Dependency, orderByDependency } from '#contracts/wit/dependency-order';
import type { ItemScope } from '#contracts/wit/item-scope';
import type { ResolvedInterface, ResolvedShape } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/** Resolves the `use`s and definitions of an interface or world into its scope, definitions after what they need. */
export function resolveTypes(
  scope: ItemScope,
  items: readonly (WitInterfaceItem | WitWorldItem)[],
): void {
  const definitions: WitTypeDefinition[] = [];
  for (const item of items) if (item.kind === 'use') resolveUse(scope, item);
  for (const item of items) {
    if (!isDefinition(item) || !scope.claim(item.name)) continue;
    definitions.push(item);
  }
  for (const item of orderDefinitions(scope, definitions)) resolveDefinition(scope, item);
}

function isDefinition(item: WitInterfaceItem | WitWorldItem): item is WitTypeDefinition {
  return 'name' in item && item.kind !== 'function';
}

function resolveUse(scope: ItemScope, use: WitUse): void {
  const found = scope.world.finder.find(scope.file, use.path);
  if (found === undefined) return;
  if (found.node.kind === 'world') {
    scope.tell(
      use.path.name.at,
      'name',
      `Cannot use ${quote(use.path.name.text)}: is a world (want an interface)`,
    );
    return;
  }
  const target = scope.world.interfaces.get(found.id);
  for (const { name, as } of use.names) {
    const local = as ?? name;
    if (!scope.claim(local)) continue;
    const verdict = scope.judge(use, local);
    if (verdict === 'included') resolveUsedName(scope, { use, name, local, target });
    else scope.hide(local.text, verdict);
  }
}

function resolveUsedName(
  scope: ItemScope,
  part: { use: WitUse; name: WitName; local: WitName; target: ResolvedInterface | undefined },
): void {
  const { use, name, local, target } = part;
  const type = target?.types.get(name.text);
  if (type !== undefined) {
    const note = { docs: undefined, gates: use.gates };
    scope.add(local.text, note, { kind: 'alias', type: { kind: 'type', key: type.key } });
    return;
  }
  const hidden = scope.world.hidden.get(scope.world.finder.find(scope.file, use.path)?.id ?? '');
  scope.hide(local.text, 'wrong');
  if (hidden?.get(name.text) === 'wrong') return;
  if (hidden?.has(name.text) === true) scope.tellHidden(name);
  else {
    const message = `Cannot use type ${quote(name.text)}: is not in interface ${quote(use.path.name.text)} (want a type of it)`;
    scope.tell(name.at, 'name', message);
  }
}

function orderDefinitions(
  scope: ItemScope,
  definitions: readonly WitTypeDefinition[],
): readonly WitTypeDefinition[] {
  const own = new Map(definitions.map((definition) => [definition.name.text, definition]));
  const needs = new Map<WitTypeDefinition, Dependency<WitTypeDefinition, WitName>[]>();
  const broken = new Set<WitTypeDefinition>();
  for (const definition of definitions) {
    const found: Dependency<WitTypeDefinition, WitName>[] = [];
    for (const name of partsOf(definition).flatMap(namesOf)) {
      const on = own.get(name.text);
      if (on !== undefined) found.push({ on, note: name });
      else if (!scope.knows(name.text)) {
        scope.tellUnknown(name);
        broken.add(definition);
      }
    }
    needs.set(definition, found);
  }
  const { order, cycle } = orderByDependency(
    definitions,
    (definition) => needs.get(definition) ?? [],
  );
  if (cycle !== undefined) {
    const { text, at } = cycle.note;
    scope.tell(at, 'cycle', `Cannot resolve type ${quote(text)}: needs itself (want no cycle)`);
  }
  const sound = new Set(order.filter((definition) => !broken.has(definition)));
  for (const definition of definitions) {
    if (!sound.has(definition)) scope.hide(definition.name.text, 'wrong');
  }
  return [...sound];
}

function partsOf(definition: WitTypeDefinition): readonly WitType[] {
  switch (definition.kind) {
    case 'alias':
      return [definition.type];
    case 'record':
      return definition.fields.map(({ type }) => type);
    case 'variant':
      return definition.cases.flatMap(({ type }) => type ?? []);
    default:
      return [];
  }
}

function namesOf(type: WitType): readonly WitName[] {
  switch (type.kind) {
    case 'primitive':
      return [];
    case 'named':
      return [type.name];
    case 'own':
    case 'borrow':
      return [type.resource];
    case 'tuple':
      return type.elements.flatMap(namesOf);
    case 'map':
      return [...namesOf(type.key), ...namesOf(type.value)];
    case 'result':
      return [type.ok, type.error].flatMap((part) => (part === undefined ? [] : namesOf(part)));
    default:
      return type.element === undefined ? [] : namesOf(type.element);
  }
}

function resolveDefinition(scope: ItemScope, definition: WitTypeDefinition): void {
  const { name } = definition;
  const verdict = scope.judge(definition, name);
  const shape = verdict === 'included' ? shapeOf(scope, definition) : undefined;
  const note: WitNoted = definition;
  if (shape === undefined) scope.hide(name.text, verdict === 'excluded' ? 'excluded' : 'wrong');
  else scope.add(name.text, note, shape);
}

/** Resolves what a definition says; undefined where a fault was told. */
function shapeOf(scope: ItemScope, definition: WitTypeDefinition): ResolvedShape | undefined {
  const before = scope.world.faults.list.length;
  const shape = shapeOrPart(scope, definition);
  return scope.world.faults.list.length === before ? shape : undefined;
}

function shapeOrPart(scope: ItemScope, definition: WitTypeDefinition): ResolvedShape | undefined {
  const user = definition.name;
  switch (definition.kind) {
    case 'resource':
      return { kind: 'resource' };
    case 'alias': {
      const type = scope.aliasRef(definition.type, user);
      return type === undefined ? undefined : { kind: 'alias', type };
    }
    case 'record': {
      scope.distinct(definition.fields);
      const fields = definition.fields.flatMap(({ name, docs, type }) => {
        const ref = scope.ref(type, user);
        return ref === undefined ? [] : [{ name: name.text, docs, type: ref }];
      });
      return { kind: 'record', fields };
    }
    case 'variant': {
      scope.filled(definition.cases.length, { name: user, kind: 'variant' });
      scope.distinct(definition.cases);
      const cases = definition.cases.map(({ name, docs, type }) => {
        return {
          name: name.text,
          docs,
          type: type === undefined ? undefined : scope.ref(type, user),
        };
      });
      return { kind: 'variant', cases };
    }
    default: {
      if (definition.kind === 'enum') {
        scope.filled(definition.labels.length, { name: user, kind: 'enum' });
      }
      scope.distinct(definition.labels);
      const labels = definition.labels.map(({ name, docs }) => ({ name: name.text, docs }));
      return { kind: definition.kind, labels };
    }
  }
}
