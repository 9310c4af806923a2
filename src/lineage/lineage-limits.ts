/** Bounds one event, in bytes of UTF-8. Spark events with a logical plan have been seen with 23 MB. */
export const LINEAGE_EVENT_BYTES_MAX = 25_165_824;

/** Bounds the nesting of one event. The deepest real facets, logical plans, stay below 40. */
export const LINEAGE_DEPTH_MAX = 100;

/** Bounds `inputs` and `outputs` of one event, each. */
export const LINEAGE_DATASETS_MAX = 10_000;

/** Bounds the facets of one run, job or dataset. Integrations send up to some twenty. */
export const LINEAGE_FACETS_MAX = 1_000;

/** Bounds the name of a facet, in UTF-16 units. */
export const LINEAGE_FACET_NAME_UNITS_MAX = 256;

/** Bounds a namespace, in UTF-16 units. */
export const LINEAGE_NAMESPACE_UNITS_MAX = 1_024;

/** Bounds the name of a job or a dataset, in UTF-16 units. Paths and names of Spark plans are the longest. */
export const LINEAGE_NAME_UNITS_MAX = 2_048;

/** Bounds `producer` and `schemaURL`, in UTF-16 units. */
export const LINEAGE_URI_UNITS_MAX = 2_048;

/** Bounds `eventTime`, in UTF-16 units: RFC 3339 lets a fraction have any number of digits. */
export const LINEAGE_TIME_UNITS_MAX = 64;

/** Bounds the faults or warnings that are told of one event. */
export const LINEAGE_FAULTS_MAX = 50;

/** Bounds the fingerprints that a run remembers. Beyond it the count of events is a lower bound. */
export const LINEAGE_RUN_EVENTS_MAX = 1_000;

/** Bounds what is kept of one run over all its events, in UTF-16 units of its JSON. */
export const LINEAGE_RUN_UNITS_MAX = 50_331_648;

/** Bounds the inputs and the outputs of one run over all its events, each. */
export const LINEAGE_RUN_DATASETS_MAX = 10_000;
