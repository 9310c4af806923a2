import type { WitInterfaceItem, WitPath, WitPlace, WitWorldItem } from '#contracts/wit/ast';
import { type Dependency, orderByDependency } from '#contracts/wit/dependency-order';
import type { WitFaultList } from '#contracts/wit/gates';
import type { Declaration, FileScope, PackageScope, PathFinder } from '#contracts/wit/packages';
import { quote } from '#domain/errors';

interface Reference {
  readonly scope: FileScope;
  readonly at: WitPlace;
}

/** Puts interfaces and worlds after what they name. Tells paths that lead nowhere, and cycles of packages and of items. */
export function orderDeclarations(
  packages: readonly PackageScope[],
  finder: PathFinder,
  faults: WitFaultList,
): readonly Declaration[] {
  for (const pack of packages) checkLocalUses(pack, finder);
  const byPackage = new Map<PackageScope, Dependency<PackageScope, Reference>[]>();
  const byItem = new Map<Declaration, Dependency<Declaration, undefined>[]>();
  for (const pack of packages) {
    const outer = fileDependencies(pack, finder);
    byPackage.set(pack, outer);
    for (const declaration of pack.declarations.values()) {
      byItem.set(declaration, itemDependencies(declaration, { finder, outer }));
    }
  }
  if (faults.list.length > 0) return [];
  const { cycle } = orderByDependency(packages, (pack) => byPackage.get(pack) ?? []);
  if (cycle !== undefined) {
    const message = `Cannot resolve package ${quote(cycle.on.id)}: needs the package that needs it (want no cycle)`;
    faults.add(cycle.note.scope.path, cycle.note.at, { rule: 'cycle', message });
    return [];
  }
  const items = orderByDependency([...byItem.keys()], (item) => byItem.get(item) ?? []);
  if (items.cycle !== undefined) {
    const { node, scope } = items.cycle.on;
    const message = `Cannot resolve ${node.kind} ${quote(node.name.text)}: needs itself (want no cycle)`;
    faults.add(scope.path, node.name.at, { rule: 'cycle', message });
  }
  return items.order;
}

/** What a file's `use` names in its own package must be declared there: names that other `use`s give do not count. */
function checkLocalUses(pack: PackageScope, finder: PathFinder): void {
  for (const scope of pack.files) {
    for (const { path } of scope.uses.values()) {
      if (path.package === undefined) finder.find({ ...scope, uses: new Map() }, path);
    }
  }
}

function fileDependencies(
  pack: PackageScope,
  finder: PathFinder,
): Dependency<PackageScope, Reference>[] {
  const found: Dependency<PackageScope, Reference>[] = [];
  for (const scope of pack.files) {
    for (const { path } of scope.uses.values()) {
      if (path.package === undefined) continue;
      const on = finder.package(scope, path.package);
      if (on !== undefined) found.push({ on, note: { scope, at: path.package.namespace.at } });
    }
  }
  return found;
}

function itemDependencies(
  { node, scope }: Declaration,
  into: { finder: PathFinder; outer: Dependency<PackageScope, Reference>[] },
): Dependency<Declaration, undefined>[] {
  const found: Dependency<Declaration, undefined>[] = [];
  for (const { path, want } of node.items.flatMap(pathsOf)) {
    const on = into.finder.find(scope, path);
    if (on === undefined) continue;
    // What is of the wrong kind is told where it is resolved, which says more than a cycle would.
    if (on.node.kind === want) found.push({ on, note: undefined });
    if (path.package === undefined) continue;
    into.outer.push({ on: on.scope.owner, note: { scope, at: path.package.namespace.at } });
  }
  return found;
}

interface WantedPath {
  readonly path: WitPath;
  readonly want: 'interface' | 'world';
}

function pathsOf(item: WitInterfaceItem | WitWorldItem): readonly WantedPath[] {
  if (item.kind === 'include') return [{ path: item.path, want: 'world' }];
  if (item.kind === 'use') return [{ path: item.path, want: 'interface' }];
  if (item.kind !== 'import' && item.kind !== 'export') return [];
  const { extern } = item;
  if (extern.kind === 'function') return [];
  if (extern.kind === 'interface') return extern.items.flatMap(pathsOf);
  return [{ path: extern.path, want: 'interface' }];
}
