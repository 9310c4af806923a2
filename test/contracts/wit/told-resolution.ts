import type { WitGate } from '#contracts/wit/ast';
import type {
  ResolvedExtern,
  ResolvedFunction,
  ResolvedInterface,
  ResolvedShape,
  ResolvedType,
  ResolvedWorld,
  WitRef,
  WitResolution,
} from '#contracts/wit/resolved';

/** A resolution told as plain data by names alone, so that two tellings of it can be compared. */
export type Told = Record<string, unknown>;

/** Tells what the resolver answered, in the same words. */
export function tellResolution(resolution: WitResolution & { kind: 'resolved' }): Told {
  const types: Told = {};
  const addTypes = (list: Iterable<ResolvedType>) => {
    for (const type of list) types[type.key] = tellType(type);
  };
  const interfaces = [...resolution.interfaces.values()];
  const worlds = resolution.packages.flatMap((one) => [...one.worlds.values()]);
  for (const one of interfaces) addTypes(one.types.values());
  // A type that a world includes keeps the key of the world it comes from; the JSON has a copy under the including one.
  for (const { id, imports } of worlds) {
    for (const [name, extern] of imports) {
      if (extern.kind === 'type') types[`${id}#${name}`] = tellType(extern.value);
    }
  }
  return {
    packages: Object.fromEntries(resolution.packages.map(({ id, docs }) => [id, docs])),
    interfaces: Object.fromEntries(interfaces.map((one) => [one.id, tellInterface(one)])),
    worlds: Object.fromEntries(worlds.map((world) => [world.id, tellWorld(world)])),
    types,
  };
}

function tellInterface(one: ResolvedInterface): Told {
  return {
    types: [...one.types.keys()].sort(),
    functions: Object.fromEntries(
      [...one.functions].map(([name, value]) => [name, tellFunction(value)]),
    ),
    docs: one.docs,
    stability: tellGates(one.gates),
  };
}

function tellWorld(world: ResolvedWorld): Told {
  const side = (externs: ReadonlyMap<string, ResolvedExtern>) =>
    Object.fromEntries(
      [...externs].map(([name, extern]) => [name, tellExtern(extern, `${world.id}#${name}`)]),
    );
  return {
    imports: side(world.imports),
    exports: side(world.exports),
    docs: world.docs,
    stability: tellGates(world.gates),
  };
}

function tellExtern(extern: ResolvedExtern, key: string): unknown {
  if (extern.kind === 'interface') return { interface: extern.id };
  return extern.kind === 'type' ? { type: key } : tellFunction(extern.value);
}

function tellFunction(value: ResolvedFunction): Told {
  return {
    kind: `${value.async ? 'async-' : ''}${value.kind}`,
    params: value.params.map(({ name, type }) => [name, tellRef(type)]),
    result: value.result === undefined ? undefined : tellRef(value.result),
    docs: value.docs,
    stability: tellGates(value.gates),
  };
}

function tellType(type: ResolvedType): Told {
  return { shape: tellShape(type.shape), docs: type.docs, stability: tellGates(type.gates) };
}

function tellShape(shape: ResolvedShape): unknown {
  const part = (item: { name: string; docs: string | undefined; type?: WitRef | undefined }) => ({
    name: item.name,
    docs: item.docs,
    type: item.type === undefined ? undefined : tellRef(item.type),
  });
  switch (shape.kind) {
    case 'resource':
      return 'resource';
    case 'record':
      return { record: shape.fields.map(part) };
    case 'variant':
      return { variant: shape.cases.map(part) };
    case 'enum':
    case 'flags':
      return { [shape.kind]: shape.labels.map(part) };
    default: {
      const { type } = shape;
      const bare = type.kind === 'primitive' || type.kind === 'type';
      return bare ? { type: tellRef(type) } : tellRef(type);
    }
  }
}

function tellRef(ref: WitRef): unknown {
  const maybe = (inner: WitRef | undefined) => (inner === undefined ? undefined : tellRef(inner));
  switch (ref.kind) {
    case 'primitive':
      return ref.name;
    case 'type':
    case 'own':
    case 'borrow':
      return { [ref.kind]: ref.key };
    case 'tuple':
      return { tuple: ref.elements.map(tellRef) };
    case 'result':
      return { result: [maybe(ref.ok), maybe(ref.error)] };
    case 'map':
      return { map: [tellRef(ref.key), tellRef(ref.value)] };
    case 'list':
      return ref.length === undefined
        ? { list: tellRef(ref.element) }
        : { 'fixed-length-list': [tellRef(ref.element), ref.length] };
    default:
      return { [ref.kind]: maybe(ref.element) };
  }
}

function tellGates(gates: readonly WitGate[]): Told | undefined {
  const [kind, value] = gates.flatMap((gate): [string, Told][] => {
    if (gate.kind === 'since') return [['stable', { since: gate.version }]];
    return gate.kind === 'unstable' ? [['unstable', { feature: gate.feature }]] : [];
  })[0] ?? ['', {}];
  if (kind === '') return undefined;
  const deprecated = gates.find((gate) => gate.kind === 'deprecated');
  const more = deprecated === undefined ? {} : { deprecated: deprecated.version };
  return { [kind]: { ...value, ...more } };
}
