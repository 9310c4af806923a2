import { z } from 'zod';
import { isJsonObject } from '#domain/canonical-json';
import { CHANGE_LEVELS, COMPATIBILITY_MODES, CONTRACT_PARTS } from '#domain/contract-gate';
import { CONTRACT_STAGES } from '#domain/contract-stage';
import { mapOf, plainText, timestamp } from '#http/api-schemas';

const DESCRIPTION_MAX = 4_000;
const REASON_MAX = 2_000;

export const nameParam = z.string().meta({ example: 'ritual.started' });
export const versionParam = z.string().meta({ example: 'v1' });
export const contractParams = z.strictObject({ name: nameParam });
export const versionParams = z.strictObject({ name: nameParam, version: versionParam });
export const stageSchema = z.enum(CONTRACT_STAGES);
export const modeSchema = z.enum(COMPATIBILITY_MODES);
export const levelSchema = z.enum(CHANGE_LEVELS);
const directions = z.array(z.enum(['backward', 'forward']));

const witFiles = z.array(z.strictObject({ path: z.string(), text: z.string() }));
const references = z.array(
  z.strictObject({
    uri: z.string().meta({ description: 'What "$ref" names it by', example: 'address.json' }),
    name: z.string(),
    version: z.string(),
  }),
);
const labels = mapOf(z.string());
// A record would drop a member that is called __proto__ without a word.
const jsonObject = z
  .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'want an object')
  .meta({ type: 'object', additionalProperties: true });
export const reason = z.string().min(1).max(REASON_MAX);
export const notes = z.string().max(REASON_MAX);

const override = z
  .strictObject({ reason })
  .meta({ description: 'Publish although a proof is missing. Never passes what is refuted.' });

const content = {
  description: z.string().max(DESCRIPTION_MAX).optional(),
  jsonSchema: z.union([z.string(), jsonObject, z.boolean()]).optional().meta({
    description:
      'A JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, as an object or as text. Text is kept to the letter.',
  }),
  wit: z
    .union([z.string(), witFiles])
    .optional()
    .meta({ description: 'A WIT package: one text, or its files' }),
  descriptor: jsonObject.optional(),
  references: references.optional(),
  labels: labels.optional(),
};

export const checkBody = z
  .strictObject({
    version: versionParam.optional().meta({ description: 'Absent: the next one is computed' }),
    ...content,
    stage: stageSchema.optional(),
    override: override.optional(),
  })
  .meta({ id: 'CheckContract' });

export const publishBody = z
  .strictObject({ name: nameParam, ...checkBody.shape })
  .meta({ id: 'PublishContract' });

export const stageBody = z
  .strictObject({
    stage: stageSchema,
    notes: notes.optional(),
    successor: plainText(300).optional().meta({
      description: 'What to use instead: a version of the same contract, or <name>@<version>',
    }),
    sunset: timestamp.optional(),
  })
  .meta({ id: 'ChangeContractStage' });

export const promoteBody = z
  .strictObject({
    toEnvironment: z.string(),
    notes: notes.optional(),
    stage: stageSchema.optional(),
    override: override.optional(),
  })
  .meta({ id: 'PromoteContract' });

export const modeBody = z
  .strictObject({
    mode: modeSchema.nullable().meta({ description: 'null: what holds without one' }),
  })
  .meta({ id: 'SetCompatibilityMode' });

export const modeInForce = z
  .strictObject({ mode: modeSchema, source: z.enum(['name', 'scope', 'default']) })
  .meta({ id: 'CompatibilityMode' });

const counterExample = z
  .strictObject({
    document: z.unknown(),
    validUnder: z.enum(['older', 'candidate']),
    refusal: z.string().meta({ description: 'Where and why the other one refuses it' }),
  })
  .meta({ id: 'CounterExample' });

const faultSchema = z
  .strictObject({
    rule: z.string(),
    part: z.enum(CONTRACT_PARTS),
    message: z.string(),
    pointer: z.string().optional(),
    path: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
  })
  .meta({ id: 'ContractFault' });

const changeFields = {
  rule: z.string().meta({ example: 'required-added' }),
  part: z.enum(CONTRACT_PARTS),
  message: z.string(),
  before: z.string().optional().meta({ description: 'JSON Pointer, or item of WIT' }),
  after: z.string().optional(),
  breaks: directions,
  isBreaking: z.boolean(),
  isFeature: z.boolean(),
};

const changeSchema = z
  .strictObject({ ...changeFields, counterExample: counterExample.optional() })
  .meta({ id: 'ContractChange' });

const verdict = z
  .union([
    z.strictObject({ kind: z.literal('compatible') }),
    z.strictObject({
      kind: z.literal('incompatible'),
      counterExample: counterExample.optional(),
    }),
    z.strictObject({ kind: z.literal('unknown'), reason: z.string() }),
  ])
  .meta({ id: 'DirectionVerdict' });

export const comparisonSchema = z
  .strictObject({
    version: z.string(),
    isCompatible: z.boolean(),
    backward: verdict,
    forward: verdict,
    level: levelSchema,
    changes: z.array(changeSchema),
    changesOmitted: z.number().int(),
  })
  .meta({ id: 'ContractComparison' });

export const recordedSchema = z
  .strictObject({
    version: z.string(),
    level: levelSchema,
    publishedAt: timestamp,
    publisher: z.string().optional(),
    description: z.string().optional(),
    comparedWith: z.array(z.string()),
    changes: z.array(z.strictObject(changeFields)),
    changesOmitted: z.number().int(),
    override: z.strictObject({ reason: z.string() }).optional(),
  })
  .meta({ id: 'ChangelogEntry' });

export const publishedSchema = z
  .strictObject({
    status: z.enum(['created', 'existing']),
    name: z.string(),
    version: z.string(),
    digest: z.string().meta({ description: 'Fingerprint of the content: sha256:<hex>' }),
    position: z.number().int(),
    createdAt: timestamp,
    stage: stageSchema,
    mode: modeSchema.optional(),
    level: levelSchema.optional(),
    changelog: recordedSchema.optional(),
  })
  .meta({ id: 'PublishedContract' });

export const checkedSchema = z
  .strictObject({
    wouldPublish: z.boolean(),
    isThere: z.boolean().meta({ description: 'Whether the same content is published already' }),
    version: z.string().optional(),
    want: z.string().optional().meta({ description: 'The smallest right version' }),
    mode: modeSchema.optional(),
    level: levelSchema.optional(),
    reason: z.string().optional().meta({ description: 'Why it would be refused' }),
    faults: z.array(faultSchema),
    warnings: z.array(faultSchema),
    comparisons: z.array(comparisonSchema),
  })
  .meta({ id: 'ContractCheck' });

export const summarySchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  createdAt: timestamp,
  stage: stageSchema,
});

export const versionSchema = z.strictObject({
  version: z.string(),
  stage: stageSchema,
  level: levelSchema.optional(),
  digest: z.string(),
  createdAt: timestamp,
  publisher: z.string().optional(),
  description: z.string().optional(),
});

export const bundleSchema = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    description: z.string().optional(),
    createdAt: timestamp,
    jsonSchema: z.string().optional().meta({ description: 'The schema as its publisher wrote it' }),
    wit: witFiles.optional(),
    descriptor: jsonObject.optional(),
    references: references.optional(),
    labels: labels.optional(),
  })
  .meta({ id: 'ContractBundle' });
