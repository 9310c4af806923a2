/**
 * What action profiles and job definitions need beside their events: rows that are only ever added, each under the
 * position of its event, so that every question can be asked as of a position. Part of the digest.
 */
export const DEFINITION_TABLES = `
CREATE TABLE definition_version (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  version TEXT NOT NULL,
  is_release INTEGER NOT NULL,
  title TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  author TEXT NOT NULL,
  UNIQUE (aggregate, order_key)
) STRICT;
CREATE TABLE definition_stage (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  stage TEXT NOT NULL
) STRICT;
CREATE INDEX definition_stage_of ON definition_stage (aggregate, order_key, position, stage);
CREATE TABLE definition_tag (
  position INTEGER NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (position, tag)
) WITHOUT ROWID, STRICT;
CREATE TABLE profile_action (
  position INTEGER NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (position, type)
) WITHOUT ROWID, STRICT;
CREATE TABLE definition_use (
  position INTEGER NOT NULL,
  to_kind TEXT NOT NULL,
  to_name TEXT NOT NULL,
  to_version TEXT NOT NULL,
  aggregate INTEGER NOT NULL,
  order_key TEXT NOT NULL,
  PRIMARY KEY (position, to_kind, to_name, to_version)
) WITHOUT ROWID, STRICT;
CREATE INDEX definition_use_of ON definition_use (to_kind, to_name, aggregate, order_key, to_version);
`;

/** SQL for the stage of a version \`v\` of a definition as of the parameter \`@asOf\`. */
export const DEFINITION_STAGE_OF = `(
  SELECT stage FROM definition_stage s
  WHERE s.aggregate = v.aggregate AND s.order_key = v.order_key AND s.position <= @asOf
  ORDER BY s.position DESC LIMIT 1)`;

/** SQL for the tags of a version \`v\` of a definition, as one JSON array in their order. */
export const TAGS_OF = `(
  SELECT json_group_array(tag) FROM
    (SELECT tag FROM definition_tag t WHERE t.position = v.position ORDER BY tag))`;
