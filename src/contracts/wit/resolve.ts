import { orderDeclarations } from '#contracts/wit/declaration-order';
import { judgeGates, WitFaultList } from '#contracts/wit/gates';
import type { ResolutionState } from '#contracts/wit/item-scope';
import {
  collectPackages,
  type Declaration,
  type PackageScope,
  PathFinder,
  type WitSourceFile,
} from '#contracts/wit/packages';
import { parseWit } from '#contracts/wit/parse';
import { resolveInterface } from '#contracts/wit/resolve-interface';
import { resolveWorld } from '#contracts/wit/resolve-world';
import type { ResolvedPackage, WitResolution } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/**
 * How many imports, exports and used types may be gone through for all worlds together. Worlds that include each other,
 * or share long chains of interfaces, cost the square of their text without it; all of WASI takes some thousands.
 */
const WIT_WORLD_STEPS_MAX = 1_000_000;

/** One text of a package. The path is only said again in faults. */
export interface WitSource {
  readonly path: string;
  readonly text: string;
}

export interface WitResolveOptions {
  /** The features whose `@unstable` items take part. Default none: such items are left out. */
  readonly features?: readonly string[];
}

/**
 * Reads and resolves packages, each a list of texts: dependencies first, the package that is meant last. Never throws.
 * Faults come in the order of the steps: texts, then packages and paths, then each interface and world after what it
 * needs; a step with faults is the last. The first fault is exact.
 */
export function resolveWit(
  packages: readonly (readonly WitSource[])[],
  options: WitResolveOptions = {},
): WitResolution {
  const faults = new WitFaultList();
  const sources = packages.map((files) => files.flatMap((source) => read(source, faults)));
  if (faults.list.length > 0) return { kind: 'refused', faults: faults.list };
  const scopes = collectPackages(sources, faults);
  const finder = new PathFinder(scopes, faults);
  const order =
    faults.list.length > 0 ? [] : orderDeclarations([...scopes.values()], finder, faults);
  if (faults.list.length > 0) return { kind: 'refused', faults: faults.list };
  const state: ResolutionState = {
    finder,
    faults,
    features: new Set(options.features),
    interfaces: new Map(),
    worlds: new Map(),
    hidden: new Map(),
    excluded: new Set(),
    resources: new Set(),
    borrowing: new Set(),
    stepsLeft: WIT_WORLD_STEPS_MAX,
  };
  for (const declaration of order) {
    if (state.stepsLeft >= 0) resolveDeclaration(state, declaration);
  }
  for (const scope of scopes.values()) checkForeignUses(state, scope);
  if (faults.list.length > 0) return { kind: 'refused', faults: faults.list };
  const resolved = [...scopes.values()].map((scope) => packageOf(state, scope));
  return { kind: 'resolved', packages: resolved, interfaces: state.interfaces };
}

function read({ path, text }: WitSource, faults: WitFaultList): readonly WitSourceFile[] {
  const parsed = parseWit(text);
  if (parsed.kind === 'parsed') return [{ path, file: parsed.file }];
  for (const fault of parsed.faults) faults.add(path, fault, fault);
  return [];
}

function resolveDeclaration(state: ResolutionState, declaration: Declaration): void {
  const { id, node, scope } = declaration;
  const verdict = judgeGates(node.gates, scope.owner.head.name.version, state.features);
  if (typeof verdict === 'object') {
    const message = `Cannot gate ${node.kind} ${quote(node.name.text)}: ${verdict.wrong} (want one gate that the package has reached)`;
    state.faults.add(scope.path, node.name.at, { rule: 'gate', message });
    return;
  }
  if (node.kind === 'interface') {
    const { docs, gates, items } = node;
    resolveInterface(state, { id, file: scope, docs, gates, items, within: verdict });
  } else if (verdict === 'included') resolveWorld(state, declaration, node);
  else state.excluded.add(id);
}

/** A `use` in a file brings in an interface of another package, never a world. */
function checkForeignUses(state: ResolutionState, pack: PackageScope): void {
  for (const scope of pack.files) {
    for (const use of scope.uses.values()) {
      if (use.path.package === undefined) continue;
      const found = state.finder.find(scope, use.path);
      if (found?.node.kind !== 'world') continue;
      const { name } = use.path;
      const message = `Cannot use ${quote(name.text)}: is a world of another package (want an interface)`;
      state.faults.add(scope.path, name.at, { rule: 'name', message });
    }
  }
}

function packageOf(state: ResolutionState, scope: PackageScope): ResolvedPackage {
  const named = [...scope.declarations];
  return {
    id: scope.id,
    docs: scope.head.docs,
    interfaces: new Map(
      named.flatMap(([name, { id }]) => {
        const found = state.interfaces.get(id);
        return found === undefined ? [] : [[name, found] as const];
      }),
    ),
    worlds: new Map(
      named.flatMap(([name, { id }]) => {
        const found = state.worlds.get(id);
        return found === undefined ? [] : [[name, found] as const];
      }),
    ),
  };
}
