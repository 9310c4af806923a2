import type {
  WitExtern,
  WitInclude,
  WitName,
  WitNoted,
  WitPath,
  WitPort,
  WitWorld,
} from '#contracts/wit/ast';
import { completeWorld } from '#contracts/wit/complete-world';
import { ItemScope, type ResolutionState } from '#contracts/wit/item-scope';
import type { Declaration } from '#contracts/wit/packages';
import { resolveFunction, resolveMembers } from '#contracts/wit/resolve-functions';
import { resolveInterface } from '#contracts/wit/resolve-interface';
import { resolveTypes } from '#contracts/wit/resolve-types';
import type { ResolvedExtern, ResolvedWorld } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface Building {
  readonly scope: ItemScope;
  readonly imports: Map<string, ResolvedExtern>;
  readonly exports: Map<string, ResolvedExtern>;
}

type Side = 'imports' | 'exports';

/** Resolves a world into the state. What it names must stand there already. */
export function resolveWorld(
  state: ResolutionState,
  declaration: Declaration,
  node: WitWorld,
): void {
  const { id, scope: file } = declaration;
  const scope = new ItemScope(state, { file, id, within: 'included' });
  const building: Building = { scope, imports: new Map(), exports: new Map() };
  resolveTypes(scope, node.items);
  addTypes(building, node);
  for (const item of node.items) {
    if (item.kind === 'import' || item.kind === 'export') addPort(building, item);
  }
  for (const item of node.items) if (item.kind === 'include') addInclude(building, item);
  const { docs, gates } = node;
  const { imports, exports } = building;
  const world: ResolvedWorld = { id, docs, gates, imports, exports };
  state.worlds.set(id, world);
  const clash = completeWorld(state, { imports, exports });
  if (clash !== undefined) {
    const message = `Cannot resolve world ${quote(node.name.text)}: its export ${quote(clash)} needs an interface as import and as export (want one of them)`;
    scope.tell(node.name.at, 'world', message);
  }
  state.stepsLeft -= imports.size + exports.size;
  if (state.stepsLeft >= 0) return;
  scope.tell(
    node.name.at,
    'limit',
    'Cannot resolve WIT: its worlds import and export too much (want fewer)',
  );
}

function addTypes({ scope, imports }: Building, node: WitWorld): void {
  for (const [name, value] of scope.types) imports.set(name, { kind: 'type', value });
  for (const item of node.items) {
    if (item.kind !== 'resource') continue;
    for (const value of resolveMembers(scope, item)) {
      imports.set(value.name, { kind: 'function', value });
    }
  }
}

function addPort(building: Building, port: WitPort): void {
  const { scope } = building;
  const { extern } = port;
  const name = extern.kind === 'path' ? extern.path.name : extern.name;
  if (scope.judge(port, name) !== 'included') return;
  const side: Side = port.kind === 'import' ? 'imports' : 'exports';
  if (extern.kind === 'path') {
    addPath(building, { side, path: extern.path, noted: port });
    return;
  }
  if (building[side].has(name.text) || (side === 'imports' && scope.isHidden(name.text))) {
    const message = `Cannot ${port.kind} name ${quote(name.text)}: stands among the ${side} already (want another name)`;
    scope.tell(name.at, 'duplicate', message);
    return;
  }
  const value = resolveNamed(building, { extern, side, noted: port });
  if (value !== undefined) building[side].set(name.text, value);
}

function resolveNamed(
  { scope }: Building,
  part: { extern: Exclude<WitExtern, { kind: 'path' }>; side: Side; noted: WitNoted },
): ResolvedExtern | undefined {
  const { extern, side, noted } = part;
  const { name } = extern;
  switch (extern.kind) {
    case 'function': {
      const { signature } = extern;
      const source = {
        kind: 'freestanding',
        name: name.text,
        at: name.at,
        noted,
        signature,
      } as const;
      const value = resolveFunction(scope, source);
      return value === undefined ? undefined : { kind: 'function', value };
    }
    case 'labelled': {
      const id = interfaceId(scope, extern.path);
      return id === undefined ? undefined : { kind: 'interface', id, gates: noted.gates };
    }
    default: {
      const id = `${scope.id}#${side === 'imports' ? 'import' : 'export'}:${name.text}`;
      const { docs, gates } = noted;
      resolveInterface(scope.world, {
        id,
        file: scope.file,
        docs,
        gates,
        items: extern.items,
        within: 'included',
      });
      return { kind: 'interface', id, gates };
    }
  }
}

function addPath(
  { scope, imports, exports }: Building,
  part: { side: Side; path: WitPath; noted: WitNoted },
): void {
  const { side, path, noted } = part;
  const id = interfaceId(scope, path);
  if (id === undefined) return;
  const into = side === 'imports' ? imports : exports;
  if (into.has(id)) {
    const message = `Cannot list interface ${quote(path.name.text)}: stands among the ${side} already (want it once)`;
    scope.tell(path.name.at, 'duplicate', message);
    return;
  }
  into.set(id, { kind: 'interface', id, gates: noted.gates });
}

function interfaceId(scope: ItemScope, path: WitPath): string | undefined {
  const found = scope.world.finder.find(scope.file, path);
  if (found === undefined) return undefined;
  if (found.node.kind === 'world') {
    return scope.tell(
      path.name.at,
      'name',
      `Cannot resolve name ${quote(path.name.text)}: is a world (want an interface)`,
    );
  }
  if (!scope.world.excluded.has(found.id)) return found.id;
  return scope.tellHidden(path.name);
}

function addInclude(building: Building, include: WitInclude): void {
  const { scope } = building;
  const { name } = include.path;
  if (scope.judge(include, name) !== 'included') return;
  const found = scope.world.finder.find(scope.file, include.path);
  if (found === undefined) return;
  if (found.node.kind === 'interface') {
    scope.tell(
      name.at,
      'name',
      `Cannot include ${quote(name.text)}: is an interface (want a world)`,
    );
    return;
  }
  // A `use` of a file speaks of an interface: what it names of another package is no world in that file.
  if (include.path.package !== undefined && scope.file.foreign.has(found.id)) {
    scope.tell(
      name.at,
      'name',
      `Cannot include ${quote(name.text)}: is an interface by a "use" of this file (want a world)`,
    );
    return;
  }
  const world = scope.world.worlds.get(found.id);
  if (world === undefined) {
    if (scope.world.excluded.has(found.id)) scope.tellHidden(name);
    return;
  }
  scope.world.stepsLeft -= world.imports.size + world.exports.size;
  if (scope.world.stepsLeft < 0) return;
  const renames = new Map(include.renames.map((rename) => [rename.name.text, rename.as.text]));
  const unused = new Set(renames.keys());
  for (const side of ['imports', 'exports'] as const) {
    for (const [key, extern] of world[side]) {
      unused.delete(key);
      mergeExtern(building, { side, key: renames.get(key) ?? key, extern, at: name });
    }
  }
  for (const text of unused) {
    const message = `Cannot rename ${quote(text)}: is no name that the world imports or exports (want one; an interface by its path has none)`;
    scope.tell(name.at, 'name', message);
  }
}

function mergeExtern(
  building: Building,
  part: { side: Side; key: string; extern: ResolvedExtern; at: WitName },
): void {
  const { side, key, extern, at } = part;
  const other = building[side].get(key);
  if (other === undefined) {
    building[side].set(key, extern);
    return;
  }
  // What has no name of its own, and what came by another way from the same place, is the same thing.
  const same = extern.kind === 'interface' && other.kind === 'interface' && extern.id === other.id;
  if (same || sameOrigin(extern, other)) return;
  const message = `Cannot include world ${quote(at.text)}: its ${quote(key)} stands among the ${side} already (want another name)`;
  building.scope.tell(at.at, 'duplicate', message);
}

function sameOrigin(one: ResolvedExtern, other: ResolvedExtern): boolean {
  if (one.kind === 'interface' || other.kind === 'interface') return false;
  return one.value === other.value;
}
