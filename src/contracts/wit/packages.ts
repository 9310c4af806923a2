import type {
  WitFile,
  WitFileUse,
  WitInterface,
  WitItem,
  WitName,
  WitPackageHead,
  WitPackageName,
  WitPath,
  WitWorld,
} from '#contracts/wit/ast';
import type { WitFaultList } from '#contracts/wit/gates';
import { quote } from '#domain/errors';

/** A text that has been read, and where its faults are told. */
export interface WitSourceFile {
  readonly path: string;
  readonly file: WitFile;
}

/** The names that one text sees, or one nested package in it. */
export interface FileScope {
  readonly path: string;
  readonly owner: PackageScope;
  readonly uses: Map<string, WitFileUse>;
  /** The ids of what its uses name in other packages. */
  readonly foreign: Set<string>;
}

/** An interface or world with where it was declared. */
export interface Declaration {
  /** `namespace:package/name@version` */
  readonly id: string;
  readonly node: WitInterface | WitWorld;
  readonly scope: FileScope;
}

export interface PackageScope {
  readonly id: string;
  readonly head: WitPackageHead;
  /** Where its name stands. */
  readonly path: string;
  readonly declarations: Map<string, Declaration>;
  readonly files: FileScope[];
}

/** Writes a package's name as `namespace:name@version`. */
export function packageId(name: WitPackageName): string {
  const bare = `${name.namespace.text}:${name.name.text}`;
  return name.version === undefined ? bare : `${bare}@${name.version}`;
}

function declarationId(pack: WitPackageName, name: string): string {
  const bare = `${pack.namespace.text}:${pack.name.text}/${name}`;
  return pack.version === undefined ? bare : `${bare}@${pack.version}`;
}

/** Collects the packages of all sources, nested ones too, and what each declares. Tells names that occur twice. */
export function collectPackages(
  sources: readonly (readonly WitSourceFile[])[],
  faults: WitFaultList,
): Map<string, PackageScope> {
  const packages = new Map<string, PackageScope>();
  for (const files of sources) collectSource(files, packages, faults);
  return packages;
}

function collectSource(
  files: readonly WitSourceFile[],
  packages: Map<string, PackageScope>,
  faults: WitFaultList,
): void {
  const headed = files.find(({ file }) => file.head !== undefined);
  const head = headed?.file.head;
  if (headed === undefined || head === undefined) {
    const message = 'Cannot resolve WIT: has no "package" line in any file (want one)';
    faults.add(files[0]?.path ?? '', { line: 1, column: 1 }, { rule: 'package', message });
    return;
  }
  const main = openPackage(head, { path: headed.path, packages, faults });
  for (const { path, file } of files) {
    checkSameHead(head, { path, file }, faults);
    const own = file.items.filter((item) => item.kind !== 'package');
    if (main !== undefined) addFile(main, { path, items: own }, faults);
  }
  for (const { path, file } of files) {
    for (const item of file.items) {
      if (item.kind !== 'package') continue;
      const nested = openPackage(item.head, { path, packages, faults });
      if (nested !== undefined) addFile(nested, { path, items: item.items }, faults);
    }
  }
}

function checkSameHead(head: WitPackageHead, source: WitSourceFile, faults: WitFaultList): void {
  const other = source.file.head;
  if (other === undefined || packageId(other.name) === packageId(head.name)) return;
  const message = `Cannot resolve package ${quote(packageId(other.name))}: stands beside package ${quote(packageId(head.name))} (want one package)`;
  faults.add(source.path, other.name.namespace.at, { rule: 'package', message });
}

interface Opening {
  readonly path: string;
  readonly packages: Map<string, PackageScope>;
  readonly faults: WitFaultList;
}

function openPackage(head: WitPackageHead, opening: Opening): PackageScope | undefined {
  const { path, packages, faults } = opening;
  const id = packageId(head.name);
  const other = packages.get(id);
  if (other === undefined) {
    const made = { id, head, path, declarations: new Map(), files: [] };
    packages.set(id, made);
    return made;
  }
  const message = `Cannot resolve package ${quote(id)}: is defined in ${quote(other.path)} too (want one definition)`;
  return faults.add(path, head.name.namespace.at, { rule: 'duplicate', message });
}

function addFile(
  owner: PackageScope,
  source: { readonly path: string; readonly items: readonly WitItem[] },
  faults: WitFaultList,
): void {
  const { path } = source;
  const scope: FileScope = { path, owner, uses: new Map(), foreign: new Set() };
  owner.files.push(scope);
  const tell = (name: WitName, where: string) => {
    const message = `Cannot declare name ${quote(name.text)}: is declared in this ${where} already (want another name)`;
    faults.add(path, name.at, { rule: 'duplicate', message });
  };
  for (const item of source.items) {
    if (item.kind !== 'file-use') continue;
    const name = item.as ?? item.path.name;
    const { package: pack } = item.path;
    if (pack !== undefined) scope.foreign.add(declarationId(pack, item.path.name.text));
    if (scope.uses.has(name.text)) tell(name, 'file');
    else scope.uses.set(name.text, item);
  }
  for (const item of source.items) {
    if (item.kind === 'file-use') continue;
    const { name } = item;
    const id = declarationId(owner.head.name, name.text);
    if (owner.declarations.has(name.text)) tell(name, 'package');
    else if (scope.uses.has(name.text)) tell(name, 'file');
    else owner.declarations.set(name.text, { id, node: item, scope });
  }
}

/** Finds what a path means. Tells the fault and answers undefined where it means nothing. */
export class PathFinder {
  readonly #packages: ReadonlyMap<string, PackageScope>;
  readonly #faults: WitFaultList;
  constructor(packages: ReadonlyMap<string, PackageScope>, faults: WitFaultList) {
    this.#packages = packages;
    this.#faults = faults;
  }

  find(scope: FileScope, path: WitPath): Declaration | undefined {
    const { text, at } = path.name;
    if (path.package !== undefined) return this.#foreign(scope, path);
    const used = scope.uses.get(text)?.path;
    if (used?.package !== undefined) return this.#foreign(scope, used);
    // A name that `use` gives to another of the same package is looked up once more, in the package alone.
    const found = scope.owner.declarations.get(used?.name.text ?? text);
    if (found !== undefined) return found;
    const message = `Cannot resolve name ${quote(text)}: is no interface or world of this file (want a declared one)`;
    return this.#faults.add(scope.path, at, { rule: 'name', message });
  }

  /** Finds a package that a path names outright. */
  package(scope: FileScope, name: WitPackageName): PackageScope | undefined {
    const id = packageId(name);
    const pack = this.#packages.get(id);
    if (pack !== undefined) return pack;
    const message = `Cannot resolve package ${quote(id)}: is not among the packages given (want one of them)`;
    return this.#faults.add(scope.path, name.namespace.at, { rule: 'name', message });
  }

  #foreign(scope: FileScope, path: WitPath): Declaration | undefined {
    if (path.package === undefined) return undefined;
    const pack = this.package(scope, path.package);
    if (pack === undefined) return undefined;
    const { text, at } = path.name;
    const found = pack.declarations.get(text);
    if (found !== undefined) return found;
    const message = `Cannot resolve name ${quote(text)}: is not in package ${quote(pack.id)} (want an interface or world of it)`;
    return this.#faults.add(scope.path, at, { rule: 'name', message });
  }
}
