import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, type Evolution, emptyAggregate } from '#domain/aggregate';
import type { DomainEvent, EventHash, RecordedEvent } from '#domain/event';
import { type JobRunState, jobRunEvolution } from '#domain/job-run';
import { toPosition } from '#domain/position';
import { someEvent } from '#test/support/events';

/** Remembers every event with its time. */
const listing: Evolution<readonly string[], DomainEvent> = {
  initial: [],
  evolve: (state, event, time) => [...state, `${event.type} ${time}`],
  parse: (event) => event,
};

function recorded(position: number, type: string): RecordedEvent {
  return {
    ...someEvent({ type }),
    position: toPosition(position),
    subject: 'atlas.default.dev.dataset.a',
    // The broker's clock; the state must never see it.
    recordedAtMs: 1_999_999_999_999,
    hash: `hash ${position}` as EventHash,
  };
}

describe('aggregates', () => {
  it('emptyAggregate() is at revision 0 and has no hash', () => {
    expect(emptyAggregate(listing.initial)).toEqual({ state: [], revision: 0, hash: undefined });
  });

  it('advance() folds an event with the time of its command, and stands at its position and hash', () => {
    const one = advance(emptyAggregate(listing.initial), listing, recorded(7, 'A'));
    const two = advance(one, listing, recorded(12, 'B'));
    expect(two).toEqual({
      state: ['A 2026-01-02T03:04:05.678Z', 'B 2026-01-02T03:04:05.678Z'],
      revision: 12,
      hash: 'hash 12',
    });
    expect(one.state).toHaveLength(1);
  });

  it('advance() over any split of a history gives the same as at once', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 20 }), fc.nat(), (types, at) => {
        const history = types.map((type, i) => recorded(i + 1, type));
        const fold = (from: ReturnType<typeof start>, part: readonly RecordedEvent[]) =>
          part.reduce((aggregate, event) => advance(aggregate, listing, event), from);
        const start = () => emptyAggregate(listing.initial);
        const split = at % (history.length + 1);
        const resumed = fold(fold(start(), history.slice(0, split)), history.slice(split));
        expect(resumed).toEqual(fold(start(), history));
      }),
    );
  });

  it('advance() changes nothing when the event is of an unknown type', () => {
    const before = emptyAggregate<JobRunState>(undefined);
    expect(() => advance(before, jobRunEvolution, recorded(1, 'Nonsense'))).toThrow(
      expect.objectContaining({ code: 'CORRUPT_EVENT' }) as Error,
    );
    expect(before).toEqual({ state: undefined, revision: 0, hash: undefined });
  });
});
