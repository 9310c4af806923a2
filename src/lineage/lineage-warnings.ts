import { checkFormat } from '#contracts/format/check-format';
import { pointerOf } from '#contracts/json/pointer';
import { type DocumentValidator, documentValidator } from '#contracts/validation/validate-document';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import type {
  LineageDataset,
  LineageEvent,
  LineageFacets,
  LineageJob,
} from '#lineage/lineage-event';
import { type LineageFault, LineageFaults } from '#lineage/lineage-fault';
import { parseSchema } from '#lineage/lineage-validator';

/** Where a facet stands; the names of the specification. */
const SLOTS = ['InputDataset', 'OutputDataset', 'Dataset', 'Job', 'Run'] as const;
type Slot = (typeof SLOTS)[number];

const EVENT_SCHEMA_URI = 'https://openlineage.io/spec/2-0-2/OpenLineage.json';

/** The schemas as texts, as they lie in `src/lineage/schema` of the package. */
export interface LineageSchemaTexts {
  readonly event: string;
  readonly facets: readonly string[];
}

/** Says what is odd about an event that was read. Odd events are kept: older and foreign facets are normal. */
export type LineageWarner = (event: LineageEvent) => readonly LineageFault[];

/**
 * Prepares the warnings: known facets that break their own schema, and producers that are no URI. Formats within facets
 * are remarks, or every `dataSource` of Spark would break one. A schema is compiled when its facet first comes. Facets
 * without a schema here, or with a `_schemaURL` of somebody else, are not judged.
 * @throws TypeError when a text is no JSON
 */
export function lineageWarner({ event, facets }: LineageSchemaTexts): LineageWarner {
  const references = new Map([[EVENT_SCHEMA_URI, parseSchema(event)]]);
  const validators = new Map<string, () => DocumentValidator>();
  for (const text of facets) {
    const schema = parseSchema(text);
    const compiled = lazily(() =>
      documentValidator(schema, { dialect: '2020-12', references, assertsFormats: false }),
    );
    for (const key of placesOf(schema)) validators.set(key, compiled);
  }
  return (read) => {
    const faults = new LineageFaults();
    for (const key of ['producer', 'schemaURL']) warnOfUri(read.document[key], key, faults);
    for (const { slot, path, facets: found } of facetsOf(read)) {
      for (const [name, facet] of Object.entries(found)) {
        const validate = isForeign(facet) ? undefined : validatorOf(slot, name);
        const verdict = validate?.({ [name]: facet });
        if (verdict?.kind !== 'invalid') continue;
        const message = `Cannot trust facet: ${verdict.refusal} (want what its schema allows)`;
        faults.add({ rule: 'schema', path: `${path}${pointerOf([name])}`, message });
      }
    }
    return faults.list;
  };

  function validatorOf(slot: Slot, name: string): DocumentValidator | undefined {
    const own = validators.get(`${slot}/${name}`);
    // Some facets are called those of a dataset and sent with one input or output of a run.
    const wider = slot.endsWith('Dataset') ? validators.get(`Dataset/${name}`) : undefined;
    return (own ?? wider)?.();
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Tells where the facets of a schema stand and how they are called, by the names of the definitions that it refers to. */
function placesOf(schema: Json): readonly string[] {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, rule]) =>
    [...JSON.stringify(rule).matchAll(/\/(\w+)Facet"/g)].flatMap(([, definition = '']) => {
      const slot = SLOTS.find((known) => definition.endsWith(known));
      return slot === undefined ? [] : [`${slot}/${name}`];
    }),
  );
}

function isForeign(facet: JsonObject): boolean {
  const { _schemaURL: url } = facet;
  return (
    typeof url === 'string' &&
    !/^https:\/\/(github\.com\/OpenLineage\/|openlineage\.io\/)/.test(url)
  );
}

function warnOfUri(value: Json | undefined, key: string, faults: LineageFaults): void {
  if (typeof value !== 'string' || checkFormat('uri', value) !== 'invalid') return;
  const message = `Cannot trust member "${key}": is no URI (want one such as https://example.org/producer)`;
  faults.add({ rule: 'value', path: `/${key}`, message });
}

interface FacetPlace {
  readonly slot: Slot;
  readonly path: string;
  readonly facets: LineageFacets;
}

function facetsOf(event: LineageEvent): readonly FacetPlace[] {
  switch (event.kind) {
    case 'run':
      return [{ slot: 'Run', path: '/run/facets', facets: event.runFacets }, ...workFacets(event)];
    case 'job':
      return workFacets(event);
    case 'dataset':
      return [{ slot: 'Dataset', path: '/dataset/facets', facets: event.dataset.facets }];
    default:
      return event satisfies never;
  }
}

function workFacets({
  job,
  inputs,
  outputs,
}: {
  readonly job: LineageJob;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}): readonly FacetPlace[] {
  const of = (list: 'inputs' | 'outputs', slot: Slot, member: string) =>
    (list === 'inputs' ? inputs : outputs).flatMap((dataset, index): readonly FacetPlace[] => [
      { slot: 'Dataset', path: `/${list}/${index}/facets`, facets: dataset.facets },
      { slot, path: `/${list}/${index}/${member}`, facets: dataset.runFacets },
    ]);
  return [
    { slot: 'Job', path: '/job/facets', facets: job.facets },
    ...of('inputs', 'InputDataset', 'inputFacets'),
    ...of('outputs', 'OutputDataset', 'outputFacets'),
  ];
}
