import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { parseSha256, sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { parseJobRunId } from '#domain/job-run';
import { parsePosition, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { HOSTILE } from '#test/support/hostile';

describe('dataset names', () => {
  it('parseDatasetName() takes one to eight plain segments', () => {
    for (const name of [
      'a',
      '110/homo_sapiens/GRCh38',
      'A.b-c_9',
      'a/b/c/d/e/f/g/h',
      '__proto__',
      '...',
      'x'.repeat(64),
    ]) {
      expect(parseDatasetName(name)).toBe(name);
    }
  });

  it('parseDatasetName() refuses everything else and says what is wanted', () => {
    for (const name of [...HOSTILE, 'a/b/c/d/e/f/g/h/i', 'x'.repeat(65)]) {
      const error = thrownBy(() => parseDatasetName(name));
      expect(isRegistryError(error, 'INVALID_NAME'), name).toBe(true);
      expect(String(error)).toMatch(/^RegistryError: Cannot use dataset name ".*/);
    }
  });

  it('datasetIdOf() is the same for the same scope and name, and different for others', () => {
    const name = parseDatasetName('110/homo_sapiens/GRCh38');
    const id = datasetIdOf(DEFAULT_SCOPE, name);
    expect(id).toBe('31546924-40d2-5a30-a52a-2d7afb802f3b');
    expect(datasetIdOf(parseScope('default', 'dev'), name)).toBe(id);
    expect(datasetIdOf(parseScope('default', 'prod'), name)).not.toBe(id);
    expect(datasetIdOf(DEFAULT_SCOPE, parseDatasetName('110/homo_sapiens'))).not.toBe(id);
  });
});

describe('scopes', () => {
  it('parseScope() takes labels and refuses everything else', () => {
    expect(parseScope('team-1', 'prod')).toEqual({ tenant: 'team-1', environment: 'prod' });
    for (const label of [...HOSTILE, 'A', '-a', 'a_b', 'x'.repeat(64)]) {
      expect(() => parseScope(label, 'dev'), label).toThrow(/Cannot use tenant/);
      expect(() => parseScope('team', label), label).toThrow(/Cannot use environment/);
    }
  });
});

describe('other ids', () => {
  it('parseJobRunId() takes plain ids and refuses everything else', () => {
    expect(parseJobRunId('01a1f982-b0a2-74bc-8995-a353c86a7ce3')).toBeDefined();
    for (const id of [...HOSTILE, 'a/b', '_a', 'x'.repeat(129)])
      expect(() => parseJobRunId(id), id).toThrow();
  });

  it('parseSha256() folds case and refuses everything but 64 digits', () => {
    expect(parseSha256('AB'.repeat(32))).toBe('ab'.repeat(32));
    for (const text of [...HOSTILE, 'ab', 'g'.repeat(64), 'a'.repeat(65)])
      expect(() => parseSha256(text)).toThrow();
    expect(sha256Of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('parsePosition() takes whole numbers from 0 and refuses everything else', () => {
    fc.assert(fc.property(fc.nat(), (n) => parsePosition(String(n)) === n));
    for (const text of [...HOSTILE, '-1', '1.5', '1e3', '0x10', '9007199254740993', ' 1', 'NaN']) {
      expect(() => parsePosition(text), text).toThrow(/position/);
    }
    expect(() => toPosition(1.5)).toThrow(RangeError);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
