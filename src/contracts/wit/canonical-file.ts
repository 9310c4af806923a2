import type {
  WitExtern,
  WitFile,
  WitInterfaceItem,
  WitItem,
  WitNestedPackage,
  WitPackageHead,
  WitPath,
  WitWorldItem,
} from '#contracts/wit/ast';

/**
 * Joins the files of one package, in the order given, into one file that says the same. A `use` of a file would speak for
 * all of them then, so each is written out where its name stands; documentation of the package is joined. The answer is
 * undefined where no file has a `package` line.
 */
export function canonicalFile(files: readonly WitFile[]): WitFile | undefined {
  const heads = files.flatMap(({ head }) => head ?? []);
  const [first] = heads;
  if (first === undefined) return undefined;
  const own = files.flatMap(({ items }) =>
    withoutFileUses(items.filter((item) => item.kind !== 'package')),
  );
  const nested = files.flatMap(({ items }) =>
    items
      .filter((item) => item.kind === 'package')
      .map(
        ({ kind, head, items }): WitNestedPackage => ({
          kind,
          head,
          items: withoutFileUses(items),
        }),
      ),
  );
  return { head: { name: first.name, docs: joinedDocs(heads) }, items: [...own, ...nested] };
}

function joinedDocs(heads: readonly WitPackageHead[]): string | undefined {
  const docs = heads.flatMap((head) => head.docs ?? []);
  return docs.length === 0 ? undefined : docs.join('\n\n');
}

type PathOf = (path: WitPath) => WitPath;

function withoutFileUses(items: readonly WitItem[]): readonly WitItem[] {
  const uses = new Map<string, WitPath>();
  for (const item of items) {
    if (item.kind === 'file-use') uses.set((item.as ?? item.path.name).text, item.path);
  }
  // Once only: what a `use` names within its own package is looked up in the package, not among the `use`s.
  const pathOf: PathOf = (path) =>
    path.package === undefined ? (uses.get(path.name.text) ?? path) : path;
  return items.flatMap((item): readonly WitItem[] => {
    switch (item.kind) {
      case 'file-use':
        return [];
      case 'interface':
        return [{ ...item, items: withPaths(item.items, pathOf) }];
      case 'world':
        return [{ ...item, items: item.items.map((inner) => worldItem(inner, pathOf)) }];
      default:
        return item satisfies never;
    }
  });
}

function withPaths(
  items: readonly WitInterfaceItem[],
  pathOf: PathOf,
): readonly WitInterfaceItem[] {
  return items.map((item) => (item.kind === 'use' ? { ...item, path: pathOf(item.path) } : item));
}

function worldItem(item: WitWorldItem, pathOf: PathOf): WitWorldItem {
  switch (item.kind) {
    case 'use':
    case 'include':
      return { ...item, path: pathOf(item.path) };
    case 'import':
    case 'export':
      return { ...item, extern: externOf(item.extern, pathOf) };
    default:
      return item;
  }
}

function externOf(extern: WitExtern, pathOf: PathOf): WitExtern {
  switch (extern.kind) {
    case 'path':
    case 'labelled':
      return { ...extern, path: pathOf(extern.path) };
    case 'interface':
      return { ...extern, items: withPaths(extern.items, pathOf) };
    case 'function':
      return extern;
    default:
      return extern satisfies never;
  }
}
