/**
 * What contracts need beside their events: rows that are only ever added, each under the position of its event, so that
 * every question can be asked as of a position. All of it follows from the events and is part of the digest.
 */
export const CONTRACT_TABLES = `
CREATE TABLE contract_version (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  version TEXT NOT NULL,
  is_release INTEGER NOT NULL,
  description TEXT,
  fingerprint TEXT NOT NULL,
  publisher TEXT NOT NULL,
  also_published_by TEXT,
  level TEXT,
  search_text TEXT NOT NULL,
  UNIQUE (aggregate, order_key)
) STRICT;
CREATE TABLE contract_stage (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  stage TEXT NOT NULL
) STRICT;
CREATE INDEX contract_stage_of ON contract_stage (aggregate, order_key, position, stage);
CREATE TABLE compatibility_mode (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  mode TEXT
) STRICT;
CREATE INDEX compatibility_mode_of ON compatibility_mode (aggregate, position, mode);
CREATE TABLE contract_label (
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (position, key)
) WITHOUT ROWID, STRICT;
CREATE TABLE contract_reference (
  position INTEGER NOT NULL,
  uri TEXT NOT NULL,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  to_name TEXT NOT NULL,
  to_version TEXT NOT NULL,
  PRIMARY KEY (position, uri)
) WITHOUT ROWID, STRICT;
CREATE INDEX contract_reference_to ON contract_reference (to_name, aggregate, order_key, uri);
`;

/** SQL for the stage of a version \`v\` as of the parameter \`@asOf\`. */
export const STAGE_OF = `(
  SELECT stage FROM contract_stage s
  WHERE s.aggregate = v.aggregate AND s.order_key = v.order_key AND s.position <= @asOf
  ORDER BY s.position DESC LIMIT 1)`;

/** SQL for the labels of a version \`v\`, as one JSON object in the order of their keys. */
export const LABELS_OF = `(
  SELECT json_group_object(key, value) FROM
    (SELECT key, value FROM contract_label l WHERE l.position = v.position ORDER BY key))`;

/** Makes the text that a search looks through: name, description and labels, without regard to case. */
export function searchText(parts: {
  readonly name: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
}): string {
  const labels = Object.entries(parts.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return foldCase([parts.name, parts.description ?? '', ...labels.toSorted()].join('\n'));
}

/** Brings a text into the form in which texts are compared without regard to case. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
