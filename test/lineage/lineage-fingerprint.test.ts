import { describe, expect, it } from 'vitest';
import { lineageFingerprint } from '#lineage/lineage-fingerprint';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { runDocument, runEvent } from '#test/lineage/lineage-events';

describe('the fingerprint of an event', () => {
  it('is that of the content: not of order, white space or escapes, but of every member', () => {
    const print = (text: string) => {
      const read = readLineageEvent(text);
      return read.kind === 'event' ? read.event.fingerprint : undefined;
    };
    const plain = JSON.stringify(runDocument({ mine: 'é' }));
    expect(print(plain.replace('"é"', '"\\u00e9"'))).toBe(print(plain));
    expect(print(JSON.stringify(JSON.parse(plain), null, 1))).toBe(print(plain));
    expect(print(plain.replace('"é"', '"e"'))).not.toBe(print(plain));
  });

  it('is computed from the document alone', () => {
    const event = runEvent({ mine: [1] });
    expect(lineageFingerprint({ document: event.document })).toBe(event.fingerprint);
  });
});
