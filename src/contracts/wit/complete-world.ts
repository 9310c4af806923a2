import type { ResolutionState } from '#contracts/wit/item-scope';
import { ownerOf, usedInterfaces } from '#contracts/wit/resolve-interface';
import type { ResolvedExtern } from '#contracts/wit/resolved';

interface Sides {
  readonly imports: Map<string, ResolvedExtern>;
  readonly exports: Map<string, ResolvedExtern>;
}

/**
 * Adds to the imports every interface whose types the imports and exports use. An export takes those types from the
 * exported interface where there is one; what it uses otherwise is imported, with all that this needs in turn. Answers
 * the export for which an interface would have to be both.
 */
export function completeWorld(state: ResolutionState, sides: Sides): string | undefined {
  const { imports, exports } = sides;
  const reached = new Set<string>();
  for (const extern of imports.values()) {
    if (extern.kind === 'interface') reach(state, [extern.id], reached);
    if (extern.kind !== 'type' || extern.value.shape.kind !== 'alias') continue;
    const { type } = extern.value.shape;
    const owner = type.kind === 'type' ? ownerOf(type.key) : '';
    if (state.interfaces.has(owner)) reach(state, [owner], reached);
  }
  const exported = new Set<string>();
  for (const extern of exports.values()) if (extern.kind === 'interface') exported.add(extern.id);
  let clash: string | undefined;
  for (const [key, extern] of exports) {
    if (extern.kind !== 'interface' || state.stepsLeft < 0) continue;
    const needed = usedInterfaces(state, extern.id).filter((id) => !exported.has(id));
    const forExport = new Set<string>();
    reach(state, needed, forExport);
    if (clash === undefined && [...forExport].some((id) => exported.has(id))) clash = key;
    for (const id of forExport) reached.add(id);
  }
  addImports(imports, reached);
  return clash;
}

function addImports(imports: Map<string, ResolvedExtern>, reached: ReadonlySet<string>): void {
  const present = new Set<string>();
  for (const extern of imports.values()) if (extern.kind === 'interface') present.add(extern.id);
  for (const id of reached) {
    if (!present.has(id)) imports.set(id, { kind: 'interface', id, gates: [] });
  }
}

/** Adds to `reached` the interfaces given and all that they need, each looked at once; less when the steps are used up. */
function reach(state: ResolutionState, ids: readonly string[], reached: Set<string>): void {
  const open = ids.filter((id) => !reached.has(id));
  for (const id of open) reached.add(id);
  for (const id of open) {
    if (state.stepsLeft < 0) return;
    for (const used of usedInterfaces(state, id)) {
      if (reached.has(used)) continue;
      reached.add(used);
      open.push(used);
    }
  }
}
