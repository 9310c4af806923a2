import { describe, expect, it } from 'vitest';
import type { Precondition } from '#commands/precondition';
import { toPosition } from '#domain/position';
import { datasetEtag, datasetPrecondition } from '#http/dataset-precondition';

function read(headers: Readonly<Record<string, string>>): Precondition | undefined {
  return datasetPrecondition({ header: (name) => headers[name] }).precondition;
}

const etag = datasetEtag(toPosition(7));

describe('datasetPrecondition()', () => {
  it('asks for nothing where neither header is there', () => {
    expect(read({})).toBeUndefined();
  });

  it('compares If-None-Match weakly: a weak tag names the revision of the strong one', () => {
    for (const value of [etag, `W/${etag}`, `W/"other", W/${etag}`, ` W/${etag} ,"x"`])
      expect(read({ 'if-none-match': value }), value).toEqual({ noneMatch: [7] });
    const two = `${etag}, W/${datasetEtag(toPosition(9))}`;
    expect(read({ 'if-none-match': two })).toEqual({ noneMatch: [7, 9] });
  });

  it('compares If-Match strongly: a weak tag names no revision', () => {
    expect(read({ 'if-match': etag })).toEqual({ match: [7] });
    expect(read({ 'if-match': `W/${etag}` })).toEqual({ match: [] });
    expect(read({ 'if-match': `W/${etag}`, 'if-none-match': `W/${etag}` })).toEqual({
      match: [],
      noneMatch: [7],
    });
  });

  it('takes a star for every revision, and tags of other things for none, weak or strong', () => {
    expect(read({ 'if-match': '*', 'if-none-match': ' * ' })).toEqual({
      match: 'any',
      noneMatch: 'any',
    });
    for (const value of [
      '"other"',
      'W/"other"',
      'W/"dataset-0"',
      'W/"dataset-07"',
      '"W/dataset-7"',
    ])
      expect(read({ 'if-none-match': value }), value).toEqual({ noneMatch: [] });
  });

  it.each(['if-match', 'if-none-match'])('refuses what is no list of tags in %s', (name) => {
    for (const value of [
      'W/',
      'w/"dataset-7"',
      'W/*',
      'W/W/"a"',
      'W/ "a"',
      'dataset-7',
      '"a",',
      '',
    ])
      expect(() => read({ [name]: value }), value).toThrow('it is no list of entity tags');
    expect(() => read({ [name]: Array(33).fill('"a"').join() })).toThrow('at most 32 tags');
  });
});
