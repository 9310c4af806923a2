import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';

/** One WIT text of a bundle. */
export type WitFile = { readonly path: string; readonly text: string };

/** Another contract that a bundle refers to, and the URI by which it names it. */
export type ContractReference = {
  readonly uri: string;
  readonly name: ContractName;
  readonly version: ContractVersion;
};

/** Names and values by which contracts are found. */
export type ContractLabels = Readonly<Record<string, string>>;

/** What one version of a contract says. An empty part is absent. */
export type BundleContent = {
  readonly description?: string;
  /** The JSON Schema as the publisher wrote it. */
  readonly jsonSchema?: string;
  /** The files of one WIT package, by path. */
  readonly wit?: readonly WitFile[];
  readonly descriptor?: JsonObject;
  /** By URI. */
  readonly references?: readonly ContractReference[];
  readonly labels?: ContractLabels;
};

/** The content of one version of a contract. Immutable once published. */
export type ContractBundle = BundleContent & {
  readonly name: ContractName;
  readonly version: ContractVersion;
  /** See `fingerprintOf`. */
  readonly fingerprint: Sha256;
};

/** The most WIT files in one bundle. */
export const WIT_FILES_MAX = 100;
/** The most contracts that one bundle refers to by itself. */
export const REFERENCES_MAX = 100;
/** The most labels of one bundle. */
export const LABELS_MAX = 32;
const LABEL_VALUE_MAX = 255;
const PATH_MAX = 255;
const URI_MAX = 2_000;
const LABEL_KEY = /^[a-z0-9][a-z0-9._/-]{0,62}$/;

/**
 * Brings content into its one form: files by path, references by URI, empty parts left out.
 * @throws INVALID_REQUEST for a path or URI that comes twice or is too long, for too many, and for a malformed label
 */
export function normaliseContent(content: BundleContent): BundleContent {
  const { description, jsonSchema, descriptor } = content;
  const wit = content.wit ?? [];
  const references = content.references ?? [];
  checkKeys(
    'WIT path',
    wit.map(({ path }) => path),
    { countMax: WIT_FILES_MAX, lengthMax: PATH_MAX },
  );
  const limits = { countMax: REFERENCES_MAX, lengthMax: URI_MAX };
  checkKeys(
    'reference URI',
    references.map(({ uri }) => uri),
    limits,
  );
  const labels = checkLabels(content.labels ?? {});
  return {
    ...(description === undefined ? {} : { description }),
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit.length === 0 ? {} : { wit: wit.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references.length === 0
      ? {}
      : { references: references.toSorted((a, b) => (a.uri < b.uri ? -1 : 1)) }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

/**
 * Computes the fingerprint of a version: SHA-256 over the canonical JSON of its content, the schema as the value that it
 * stands for. White space and the order of keys in the schema do not count; name and version do not either.
 * @throws INVALID_SCHEMA when the schema is not JSON, INVALID_JSON when it cannot be written canonically
 */
export function fingerprintOf(content: BundleContent): Sha256 {
  const { description, jsonSchema, wit, descriptor, references, labels } = content;
  const schema = jsonSchema === undefined ? {} : { jsonSchema: parseSchema(jsonSchema) };
  return sha256Of(canonicalJson({ description, ...schema, wit, descriptor, references, labels }));
}

function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const is = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'INVALID_SCHEMA',
      `Cannot read JSON Schema ${quote(text)}: ${is} (want JSON text)`,
      { cause, outcome: 'not-applied' },
    );
  }
}

function checkKeys(
  noun: string,
  keys: readonly string[],
  { countMax, lengthMax }: { readonly countMax: number; readonly lengthMax: number },
): void {
  if (keys.length > countMax) {
    throw invalid(`Cannot use ${noun}s: there are ${keys.length} (want at most ${countMax})`);
  }
  const seen = new Set<string>();
  for (const key of keys) {
    if (key === '' || key.length > lengthMax || !key.isWellFormed()) {
      throw invalid(
        `Cannot use ${noun} ${quote(key)}: it has ${key.length} characters (want 1 to ${lengthMax} of well-formed text)`,
      );
    }
    if (seen.has(key))
      throw invalid(`Cannot use ${noun} ${quote(key)}: it is there twice (want once)`);
    seen.add(key);
  }
}

function checkLabels(labels: ContractLabels): ContractLabels {
  const entries = Object.entries(labels);
  if (entries.length > LABELS_MAX) {
    throw invalid(`Cannot use labels: there are ${entries.length} (want at most ${LABELS_MAX})`);
  }
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key)) {
      throw invalid(
        `Cannot use label ${quote(key)}: it does not match ${LABEL_KEY.source} (want 1 to 63 of a-z, 0-9, ".", "_", "/" and "-")`,
      );
    }
    if (value.length > LABEL_VALUE_MAX || !value.isWellFormed()) {
      throw invalid(
        `Cannot use label ${quote(key)}: its value has ${value.length} characters (want at most ${LABEL_VALUE_MAX} of well-formed text)`,
      );
    }
  }
  return labels;
}

function invalid(message: string): RegistryError {
  return new RegistryError('INVALID_REQUEST', message, { outcome: 'not-applied' });
}
