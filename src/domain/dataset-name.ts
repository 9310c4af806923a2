import { createHash } from 'node:crypto';
import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** A dataset's name: one to eight segments joined by `/`, such as `110/homo_sapiens/GRCh38`. */
export type DatasetName = Brand<string, 'DatasetName'>;

/** A dataset's id: the UUIDv5 of `tenant/environment/name`, the same on every node. */
export type DatasetId = Brand<string, 'DatasetId'>;

const SEGMENT = /^[A-Za-z0-9._-]{1,64}$/;
const SEGMENTS_MAX = 8;
// The namespace of dataset ids. Changing it gives every dataset a new id.
const NAMESPACE = Buffer.from('a3b1f1f46c2e4d0e9a537d1f6d0c5b1e', 'hex');

/**
 * Parses a dataset's name.
 * @throws INVALID_NAME when there are no or more than eight segments, when a segment is empty, longer than
 *   64, `.` or `..`, or holds a character outside `A-Z a-z 0-9 . _ -`
 */
export function parseDatasetName(text: string): DatasetName {
  if (text === '') {
    throw new RegistryError('INVALID_NAME', 'Cannot use dataset name "": it is empty', {
      details: { field: 'name' },
    });
  }
  const segments = text.split('/');
  const wrong = segments.find((s) => !SEGMENT.test(s) || s === '.' || s === '..');
  if (wrong !== undefined || segments.length > SEGMENTS_MAX) {
    const is =
      wrong === undefined
        ? `it has ${segments.length} segments`
        : `segment ${quote(wrong)} is not allowed`;
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use dataset name ${quote(text)}: ${is} (want 1 to ${SEGMENTS_MAX} segments of 1 to 64 characters A-Z, a-z, 0-9, ".", "_", "-", joined by "/", none of them "." or "..")`,
      { details: { field: 'name' } },
    );
  }
  return text as DatasetName;
}

/** Derives a dataset's id from its scope and name. */
export function datasetIdOf(scope: Scope, name: DatasetName): DatasetId {
  const text = `${scope.tenant}/${scope.environment}/${name}`;
  const hash = createHash('sha1').update(NAMESPACE).update(text).digest();
  // RFC 9562, section 5.5: the version and the variant take six bits of the hash.
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ];
  return parts.join('-') as DatasetId;
}
