import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventHash } from '#domain/event';
import { toPosition } from '#domain/position';
import { EventComparison } from '#projections/audit-anchors/compare-events';

const hashOf = (text: string): EventHash => hash('sha256', text) as EventHash;

/** Compares a log of so named events with anchors of so named ones. */
function compare(log: readonly string[], anchored: readonly string[]) {
  const hashes = Buffer.concat(anchored.map((name) => Buffer.from(hashOf(name), 'hex')));
  const comparison = new EventComparison(hashes);
  for (const [index, name] of log.entries())
    comparison.add({ position: toPosition(index + 1), hash: hashOf(name), what: name });
  comparison.end();
  return comparison.findings;
}

const letters = (text: string): readonly string[] => text.split('');

describe('EventComparison', () => {
  it.each([
    ['abcdef', 'abcdef', []],
    ['abcdefgh', 'abcdef', []],
    ['abXdef', 'abcdef', [{ kind: 'changed', position: 3, what: 'X' }]],
    ['abdef', 'abcdef', [{ kind: 'removed', from: 3, to: 3 }]],
    ['adef', 'abcdef', [{ kind: 'removed', from: 2, to: 3 }]],
    ['abXcdef', 'abcdef', [{ kind: 'inserted', position: 3, what: 'X' }]],
    ['abcd', 'abcdef', [{ kind: 'cut-off', from: 5, to: 6 }]],
    ['', 'abcdef', [{ kind: 'cut-off', from: 1, to: 6 }]],
    [
      'XYcdef',
      'abcdef',
      [
        { kind: 'changed', position: 1, what: 'X' },
        { kind: 'changed', position: 2, what: 'Y' },
      ],
    ],
    ['abcdeX', 'abcdef', [{ kind: 'changed', position: 6, what: 'X' }]],
    [
      'aXdeYf',
      'abcdef',
      [
        { kind: 'changed', position: 2, what: 'X' },
        { kind: 'removed', from: 3, to: 3 },
        { kind: 'inserted', position: 5, what: 'Y' },
      ],
    ],
  ])('of %s with the anchored %s names what differs', (log, anchored, expected) => {
    expect(compare(letters(log), letters(anchored))).toEqual(expected);
  });

  it('finds nothing exactly when the log begins with what was anchored', () => {
    const names = fc.array(fc.integer({ min: 0, max: 9 }).map(String), { maxLength: 12 });
    fc.assert(
      fc.property(names, names, (log, anchored) => {
        const unique = (list: readonly string[]) => list.map((name, i) => `${name}.${i}`);
        const found = compare(unique(log), unique(anchored)).length > 0;
        const isPrefix = anchored.every((name, i) => log[i] === name);
        expect(found).toBe(!isPrefix);
      }),
    );
  });

  it('names every single change, removal and insertion, wherever it is, and nothing else', () => {
    const anchored = Array.from({ length: 200 }, (_, i) => `event ${i + 1}`);
    for (let at = 1; at <= anchored.length; at += 1) {
      const position = toPosition(at);
      const changed = anchored.with(at - 1, 'other');
      expect(compare(changed, anchored)).toEqual([{ kind: 'changed', position, what: 'other' }]);
      const inserted = anchored.toSpliced(at - 1, 0, 'other');
      expect(compare(inserted, anchored)).toEqual([{ kind: 'inserted', position, what: 'other' }]);
      const removed = compare(anchored.toSpliced(at - 1, 1), anchored);
      const kind = at === anchored.length ? 'cut-off' : 'removed';
      expect(removed).toEqual([{ kind, from: position, to: position }]);
    }
  });
});
