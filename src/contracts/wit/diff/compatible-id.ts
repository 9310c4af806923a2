interface IdParts {
  /** `namespace:package/name`, or `namespace:package` */
  readonly path: string;
  readonly version: string;
  /** From `#` on: a type of an interface or world, or an interface in place. */
  readonly tail: string;
}

/**
 * Writes an id, or the key of a type, in a form that two packages share when the one stands in for the other: with the
 * compatible part of its version, and without package where this is `ownPackage` itself.
 */
export function compatibleId(id: string, ownPackage: string): string {
  const { path, version, tail } = partsOf(id);
  const slash = path.indexOf('/');
  const pack = slash < 0 ? path : path.slice(0, slash);
  const packageId = version === '' ? pack : `${pack}@${version}`;
  if (packageId === ownPackage) return `${path.slice(pack.length)}${tail}`;
  return `${path}@${compatibleVersion(version)}${tail}`;
}

/** Says whether an id in the form of `compatibleId` belongs to the own package. */
export function isOwnId(id: string): boolean {
  return id.startsWith('/');
}

/** Takes the version out of an id: `wasi:io/poll@0.2.0` becomes `wasi:io/poll`. */
export function bareId(id: string): string {
  const { path, tail } = partsOf(id);
  return `${path}${tail}`;
}

/** Gives the version in an id, or an empty text. */
export function versionOf(id: string): string {
  return partsOf(id).version;
}

/**
 * Gives the part of a version that all versions compatible with it share: the major, below 1.0.0 the minor too, below
 * 0.1.0 the patch too. A pre-release is compatible with itself alone. So does the component model link imports.
 */
export function compatibleVersion(version: string): string {
  const [release = ''] = version.split('+', 1);
  const [major, minor] = release.split('.');
  if (release.includes('-') || minor === undefined) return release;
  if (major !== '0') return `${major}`;
  return minor === '0' ? release : `0.${minor}`;
}

function partsOf(id: string): IdParts {
  const hash = id.indexOf('#');
  const head = hash < 0 ? id : id.slice(0, hash);
  const at = head.indexOf('@');
  return {
    path: at < 0 ? head : head.slice(0, at),
    version: at < 0 ? '' : head.slice(at + 1),
    tail: hash < 0 ? '' : id.slice(hash),
  };
}
