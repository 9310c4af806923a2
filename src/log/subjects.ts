import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';
import { KINDS, type Kind } from '#domain/event';
import { parseScope, type Scope } from '#domain/scope';

/** The subject of one aggregate: `atlas.<tenant>.<environment>.<kind>.<id>`, every token encoded. */
export type Subject = Brand<string, 'Subject'>;

/** A filter over subjects, with wildcards in whole tokens only. */
export type SubjectFilter = Brand<string, 'SubjectFilter'>;

/** Which aggregate a subject stands for. */
export interface AggregateId {
  readonly scope: Scope;
  readonly kind: Kind;
  /** The id in clear: a dataset's name, a contract's name, a run's id. */
  readonly id: string;
}

const ROOT = 'atlas';
// Longer names would pass nats-server's control line (4,096 bytes) with prefix and encoding.
const ID_BYTES_MAX = 600;

const PLAIN = /^[A-Za-z0-9_-]$/;
const NOT_PLAIN = /[^A-Za-z0-9_-]/g;
const ESCAPE = /=([0-9A-F]{2})/g;
const TABLE: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return byte < 128 && PLAIN.test(char)
    ? char
    : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/**
 * Encodes a text as one subject token: NFC, then UTF-8, every byte outside `A-Za-z0-9_-` as `=HH`.
 * Two texts give the same token exactly when they are equal in NFC.
 * @throws INVALID_NAME when the text is empty, longer than 600 bytes, or holds a lone surrogate
 */
export function encodeToken(text: string): string {
  const isAscii = Buffer.byteLength(text) === text.length;
  const bytes = isAscii ? text.length : Buffer.byteLength(text.normalize('NFC'));
  if (bytes === 0 || bytes > ID_BYTES_MAX || !text.isWellFormed()) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot encode name ${quote(text)}: it has ${bytes} bytes${text.isWellFormed() ? '' : ' and a lone surrogate'} (want 1 to ${ID_BYTES_MAX} bytes of Unicode text)`,
    );
  }
  if (isAscii) return text.replaceAll(NOT_PLAIN, (char) => TABLE[char.charCodeAt(0)] ?? '');
  let token = '';
  for (const byte of Buffer.from(text.normalize('NFC'), 'utf8')) token += TABLE[byte];
  return token;
}

/** Decodes a token again. @throws INVALID_NAME when the token is not one that `encodeToken` makes */
export function decodeToken(token: string): string {
  const text = token.includes('=') ? decodeEscapes(token) : token;
  if (token === '' || encodeToken(text) !== token) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot decode token ${quote(token)}: it is not in its one form`,
    );
  }
  return text;
}

function decodeEscapes(token: string): string {
  // Every byte as one character, then the bytes as UTF-8.
  const bytes = token.replaceAll(ESCAPE, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Makes the subject of an aggregate. @throws INVALID_NAME when the id cannot be encoded */
export function subjectOf({ scope, kind, id }: AggregateId): Subject {
  return `${ROOT}.${scope.tenant}.${scope.environment}.${kind}.${encodeToken(id)}` as Subject;
}

/** Splits a subject again. @throws INVALID_NAME when it is not one that `subjectOf` makes */
export function parseSubject(subject: string): AggregateId {
  const [root, tenant, environment, kind, token, ...rest] = subject.split('.');
  const known = KINDS.find((k) => k === kind);
  if (root !== ROOT || known === undefined || token === undefined || rest.length > 0) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot read subject ${quote(subject)}: it has another form (want ${ROOT}.<tenant>.<environment>.<kind>.<id>)`,
    );
  }
  return {
    scope: parseScope(tenant ?? '', environment ?? ''),
    kind: known,
    id: decodeToken(token),
  };
}

/** Gives the id of a subject that was made here, in clear and unchecked: `parseSubject` costs four times as much. */
export function idOf(subject: Subject): string {
  const token = subject.slice(subject.lastIndexOf('.') + 1);
  return token.includes('=') ? decodeEscapes(token) : token;
}

/** Makes the filter over every aggregate of a kind, in all scopes. */
export function kindFilter(kind: Kind): SubjectFilter {
  return `${ROOT}.*.*.${kind}.*` as SubjectFilter;
}

/** Makes the filter over one aggregate of a scope, or over all of a kind. */
export function aggregateFilter(scope: Scope, kind: Kind, id?: string): SubjectFilter {
  const token = id === undefined ? '*' : encodeToken(id);
  return `${ROOT}.${scope.tenant}.${scope.environment}.${kind}.${token}` as SubjectFilter;
}

/** Makes the filter over everything in one scope. */
export function scopeFilter(scope: Scope): SubjectFilter {
  return `${ROOT}.${scope.tenant}.${scope.environment}.*.*` as SubjectFilter;
}
