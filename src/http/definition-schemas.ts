import { z } from 'zod';
import { STAGE_NOTES_MAX } from '#commands/plan-job-stage';
import { isJsonObject } from '#domain/canonical-json';
import { TAGS_MAX } from '#domain/definition-reader';
import { JOB_STAGES } from '#domain/job-stage';
import { atQuery, cursorQuery, integerQuery, timestamp } from '#http/api-schemas';

/** Bounds of a page of definitions. */
export const DEFINITION_PAGE = { min: 1, max: 1_000, default: 100 };

const versionText = z.string().meta({ example: '1.0.0' });
const notes = z.string().max(STAGE_NOTES_MAX);
const digest = z.string().meta({ description: 'Fingerprint of the content: sha256:<hex>' });
const refersTo = z.string().meta({ description: 'The version that it names, or "latest"' });

export const definitionStage = z.enum(JOB_STAGES);
export const definitionParams = z.strictObject({
  id: z.string().meta({ example: 'orders.check' }),
});
export const definitionVersionParams = z.strictObject({
  ...definitionParams.shape,
  version: versionText,
});
export const wantedVersion = z.string().meta({ description: 'A version, or "latest"' });
export const tagList = z.array(z.string());
export const metadata = z.record(z.string(), z.string());

export const definitionStageBody = z
  .strictObject({ stage: definitionStage, notes: notes.optional() })
  .meta({ id: 'ChangeDefinitionStage' });

export const definitionNotesBody = z
  .strictObject({ notes: notes.optional() })
  .meta({ id: 'DefinitionNotes' });

export const definitionStageSchema = z
  .strictObject({
    id: z.string(),
    version: z.string(),
    stage: definitionStage,
    position: z.number().int(),
  })
  .meta({ id: 'DefinitionStage' });

export const definedSchema = z
  .strictObject({
    status: z.enum(['created', 'existing']),
    id: z.string(),
    version: z.string(),
    stage: definitionStage,
    digest,
    position: z.number().int(),
    createdAt: timestamp,
    author: z.string(),
  })
  .meta({ id: 'DefinedVersion' });

/** What is told of a version beside its content. */
export const definitionFields = {
  id: z.string(),
  version: z.string(),
  stage: definitionStage,
  digest,
  createdAt: timestamp,
  author: z.string(),
  staged: z
    .strictObject({ time: timestamp, actor: z.string(), notes: z.string().optional() })
    .meta({ description: 'The step that brought it into its stage' }),
} as const;

export const definitionSummary = z
  .strictObject({
    id: z.string(),
    version: z.string(),
    name: z.string(),
    stage: definitionStage,
    tags: tagList,
    digest,
    createdAt: timestamp,
    author: z.string(),
  })
  .meta({ id: 'DefinitionSummary' });

const listFields = {
  limit: integerQuery(DEFINITION_PAGE),
  cursor: cursorQuery,
  at: atQuery,
  id: z.string().optional().meta({ description: 'Versions of this one alone' }),
  stage: definitionStage.optional(),
  tag: z
    .array(z.string().min(1).max(63))
    .max(TAGS_MAX)
    .optional()
    .meta({ description: 'It has this tag. May come several times.' }),
  match: z
    .enum(['all', 'any'])
    .default('all')
    .meta({ description: 'Whether all of the tags are wanted, or any' }),
} as const;

export const definitionListQuery = z.strictObject(listFields);

/** The query of a list that has one more filter. */
export function filteredListQuery<T extends z.ZodType>(action_type: T) {
  return z.strictObject({ ...listFields, action_type });
}

/** The query of a list without filters. */
export const pageQuery = z.strictObject({
  limit: listFields.limit,
  cursor: listFields.cursor,
  at: listFields.at,
});

export const definitionUsers = z
  .strictObject({
    dependants: z.array(
      z.strictObject({ id: z.string(), version: z.string(), stage: definitionStage, refersTo }),
    ),
  })
  .meta({ id: 'DefinitionUsers' });

/**
 * Takes any object and documents it by a schema: what is sent is checked by the domain, which gives every fault with its
 * pointer.
 */
export function documentedBody(id: string, schema: z.ZodObject) {
  const { $schema: _, ...document } = z.toJSONSchema(schema, { io: 'input' });
  return z
    .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'want an object')
    .meta({ ...document, id, type: 'object' });
}
