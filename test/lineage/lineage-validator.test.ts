import { describe, expect, it } from 'vitest';
import { lineageValidator } from '#lineage/lineage-validator';
import { readLineageEvent } from '#lineage/read-lineage-event';
import { eventSchemaText, faultsOf, runDocument } from '#test/lineage/lineage-events';

describe('the schema as a second judge', () => {
  it('accepts what the reader accepts, and is asked', () => {
    const validator = lineageValidator(eventSchemaText());
    const { run: _run, job: _job, ...base } = runDocument();
    const names = { namespace: 'a', name: 'b' };
    for (const document of [runDocument(), { ...base, job: names }, { ...base, dataset: names }]) {
      expect(readLineageEvent(document, { validator }).kind).toBe('event');
    }
    const stricter = eventSchemaText().replace('["run", "job"]', '["run", "job", "inputs"]');
    const faults = faultsOf(runDocument(), { validator: lineageValidator(stricter) });
    expect(faults).toMatchObject([{ rule: 'schema', path: '' }]);
  });

  it.each(['', '{', '{}', 'true', '{"$ref": "https://example.org/other.json"}'])(
    'cannot be made of %j',
    (text) => {
      expect(() => lineageValidator(text)).toThrow(TypeError);
    },
  );
});
