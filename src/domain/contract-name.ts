import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE, parseScope, type Scope, sameScope } from '#domain/scope';

/** A contract's name: dot-separated segments such as `ritual.started`. */
export type ContractName = Brand<string, 'ContractName'>;

/** A contract's version: `v<major>`, or SemVer without build metadata. */
export type ContractVersion = Brand<string, 'ContractVersion'>;

/** The key of a contract version in the KV bucket. */
export type ContractKey = Brand<string, 'ContractKey'>;

const NAME_SEGMENT = /^[a-z][a-z0-9_-]*$/;
const MAJOR_SEGMENT = /^v\d+$/;
const NAME_LENGTH_MAX = 200;
const MAJOR_VERSION = /^v(0|[1-9]\d{0,8})$/;
// SemVer 2.0.0 without build metadata: "+" is not allowed in a KV key.
const SEMVER =
  /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-((?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*))*))?$/;
const VERSION_LENGTH_MAX = 64;

/**
 * Parses a contract's name.
 * No segment has the form `v<digits>`: only so can a key be split again into name and version.
 * @throws INVALID_NAME
 */
export function parseContractName(text: string): ContractName {
  const segments = text.split('.');
  const wrong = segments.find((s) => !NAME_SEGMENT.test(s) || MAJOR_SEGMENT.test(s));
  if (wrong !== undefined || text.length > NAME_LENGTH_MAX) {
    const is =
      wrong === undefined
        ? `it has ${text.length} characters`
        : `segment ${quote(wrong)} is not allowed`;
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use contract name ${quote(text)}: ${is} (want at most ${NAME_LENGTH_MAX} characters, segments of a-z, 0-9, "_", "-" that start with a letter, joined by ".", none like "v1")`,
      { details: { field: 'name' } },
    );
  }
  return text as ContractName;
}

/** Parses a contract's version. @throws INVALID_NAME */
export function parseContractVersion(text: string): ContractVersion {
  const known = MAJOR_VERSION.test(text) || SEMVER.test(text);
  if (!known || text.length > VERSION_LENGTH_MAX) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use contract version ${quote(text)}: it is neither v<major> nor SemVer (want for example "v1", "1.2.0" or "2.0.0-rc.1", without build metadata)`,
      { details: { field: 'version' } },
    );
  }
  return text as ContractVersion;
}

interface VersionParts {
  readonly numbers: readonly [number, number, number];
  readonly preRelease: readonly string[];
}

function partsOf(version: ContractVersion): VersionParts {
  const major = MAJOR_VERSION.exec(version);
  if (major) return { numbers: [Number(major[1]), 0, 0], preRelease: [] };
  const m = SEMVER.exec(version);
  if (!m) throw new TypeError(`Cannot read version "${version}": it was not parsed`);
  return {
    numbers: [Number(m[1]), Number(m[2]), Number(m[3])],
    preRelease: m[4] === undefined ? [] : m[4].split('.'),
  };
}

/**
 * Writes a version as a text whose byte order is the order of versions (SemVer 2.0.0, section 11; `v2` sorts as
 * `2.0.0`). For ORDER BY and keyset pages. Different versions give different texts.
 */
export function versionOrderKey(version: ContractVersion): string {
  const { numbers, preRelease } = partsOf(version);
  const release = numbers.map((n) => String(n).padStart(9, '0')).join('.');
  // "~" is above every pre-release character: a release follows all of its pre-releases.
  const tail = preRelease.length === 0 ? '~' : `${preRelease.map(identifierKey).join('!')}!`;
  return `${release}${tail}${MAJOR_VERSION.test(version) ? 'v' : ''}`;
}

function identifierKey(identifier: string): string {
  // Numeric identifiers rank below alphanumeric ones and compare as numbers.
  return /^\d+$/.test(identifier) ? `0${identifier.padStart(9, '0')}` : `1${identifier}`;
}

/** Compares two versions in version order: negative, 0 or positive. */
export function compareVersions(a: ContractVersion, b: ContractVersion): number {
  const [x, y] = [versionOrderKey(a), versionOrderKey(b)];
  if (x === y) return 0;
  return x < y ? -1 : 1;
}

/**
 * Makes the KV key of a version: `meta.<name>.<version>` in the default scope, elsewhere
 * `scope.<tenant>.<environment>.meta.<name>.<version>`. One-to-one, see `parseContractKey`.
 */
export function contractKey(
  scope: Scope,
  name: ContractName,
  version: ContractVersion,
): ContractKey {
  const meta = `meta.${name}.${version}`;
  const prefix = sameScope(scope, DEFAULT_SCOPE)
    ? ''
    : `scope.${scope.tenant}.${scope.environment}.`;
  return `${prefix}${meta}` as ContractKey;
}

/** Splits a KV key again. @throws INVALID_NAME when the key is not one that `contractKey` makes */
export function parseContractKey(key: string): {
  readonly scope: Scope;
  readonly name: ContractName;
  readonly version: ContractVersion;
} {
  const tokens = key.split('.');
  const scoped = tokens[0] === 'scope';
  const scope = scoped ? parseScope(tokens[1] ?? '', tokens[2] ?? '') : DEFAULT_SCOPE;
  const rest = scoped ? tokens.slice(3) : tokens;
  const start = rest.findIndex((t, i) => i > 0 && (MAJOR_SEGMENT.test(t) || /^\d/.test(t)));
  if (rest[0] !== 'meta' || start < 0) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot read contract key ${quote(key)}: it has no name or version`,
    );
  }
  const name = parseContractName(rest.slice(1, start).join('.'));
  const version = parseContractVersion(rest.slice(start).join('.'));
  if (contractKey(scope, name, version) !== key) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot read contract key ${quote(key)}: it is not in its one form`,
    );
  }
  return { scope, name, version };
}
