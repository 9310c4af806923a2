import type { WitGate, WitInterfaceItem } from '#contracts/wit/ast';
import { ItemScope, type ResolutionState } from '#contracts/wit/item-scope';
import type { FileScope } from '#contracts/wit/packages';
import { resolveFunction, resolveMembers } from '#contracts/wit/resolve-functions';
import { resolveTypes } from '#contracts/wit/resolve-types';
import type { ResolvedFunction } from '#contracts/wit/resolved';

interface InterfaceSource {
  readonly id: string;
  readonly file: FileScope;
  readonly docs: string | undefined;
  readonly gates: readonly WitGate[];
  readonly items: readonly WitInterfaceItem[];
  /** Whether the interface itself takes part; what stands in one that does not must not either. */
  readonly within: 'included' | 'excluded';
}

/** Resolves an interface into the state, under its id. What it uses must stand there already. */
export function resolveInterface(state: ResolutionState, source: InterfaceSource): void {
  const { id, docs, gates, items } = source;
  const scope = new ItemScope(state, source);
  resolveTypes(scope, items);
  const functions = new Map<string, ResolvedFunction>();
  const keep = (found: ResolvedFunction) => functions.set(found.name, found);
  for (const item of items) {
    if (item.kind === 'resource') resolveMembers(scope, item).forEach(keep);
    if (item.kind !== 'function' || !scope.claim(item.name)) continue;
    if (scope.judge(item, item.name) !== 'included') continue;
    const { name, signature } = item;
    const found = resolveFunction(scope, {
      kind: 'freestanding',
      name: name.text,
      at: name.at,
      noted: item,
      signature,
    });
    if (found !== undefined) keep(found);
  }
  if (source.within === 'excluded') state.excluded.add(id);
  else state.interfaces.set(id, { id, docs, gates, types: scope.types, functions });
}

/** Lists the ids of the interfaces whose types an interface uses. Each type of it costs a step. */
export function usedInterfaces(state: ResolutionState, id: string): readonly string[] {
  const found = new Set<string>();
  state.stepsLeft -= 1 + (state.interfaces.get(id)?.types.size ?? 0);
  for (const { shape } of state.interfaces.get(id)?.types.values() ?? []) {
    const owner =
      shape.kind === 'alias' && shape.type.kind === 'type' ? ownerOf(shape.type.key) : id;
    if (owner !== id) found.add(owner);
  }
  return [...found];
}

/** Gives the interface or world that a type's key belongs to. */
export function ownerOf(key: string): string {
  return key.slice(0, key.lastIndexOf('#'));
}
