import { z } from 'zod';

// Loose all over: a newer registry may say more.
const level = z.enum(['none', 'patch', 'minor', 'major']);

const faultSchema = z.looseObject({
  rule: z.string(),
  part: z.string(),
  message: z.string(),
  pointer: z.string().optional(),
  path: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});

const counterExampleSchema = z.looseObject({
  document: z.json(),
  validUnder: z.enum(['older', 'candidate']),
  refusal: z.string(),
});

const changeSchema = z.looseObject({
  rule: z.string(),
  part: z.string(),
  message: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  breaks: z.array(z.string()).default([]),
  isBreaking: z.boolean(),
  isFeature: z.boolean(),
  counterExample: counterExampleSchema.optional(),
});

const verdictSchema = z.looseObject({
  kind: z.enum(['compatible', 'incompatible', 'unknown']),
  counterExample: counterExampleSchema.optional(),
  reason: z.string().optional(),
});

/** Reads what lies between two versions. */
export const comparisonSchema = z.looseObject({
  version: z.string(),
  isCompatible: z.boolean(),
  backward: verdictSchema,
  forward: verdictSchema,
  level,
  changes: z.array(changeSchema),
  changesOmitted: z.number().default(0),
});

/** Reads what a registry would do with a contract. */
export const checkSchema = z.looseObject({
  wouldPublish: z.boolean(),
  /** The same content is published already: nothing is left to do. */
  isThere: z.boolean().default(false),
  version: z.string().optional(),
  want: z.string().optional(),
  level: level.optional(),
  mode: z.string().optional(),
  faults: z.array(faultSchema).default([]),
  warnings: z.array(faultSchema).default([]),
  comparisons: z.array(comparisonSchema).default([]),
  reason: z.string().optional(),
});

/** Reads what a registry has published. */
export const publishedSchema = z.looseObject({
  status: z.enum(['created', 'existing']),
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  stage: z.string().optional(),
  mode: z.string().optional(),
  level: level.optional(),
  changelog: z
    .looseObject({
      comparedWith: z.array(z.string()).default([]),
      changes: z.array(changeSchema).default([]),
      changesOmitted: z.number().default(0),
    })
    .optional(),
});

/** Reads why a registry refuses a contract: the details of the problem, whichever are there. */
export const refusalSchema = z.looseObject({
  version: z.string().optional(),
  want: z.string().optional(),
  level: level.optional(),
  mode: z.string().optional(),
  faults: z.array(faultSchema).default([]),
  warnings: z.array(faultSchema).default([]),
  comparisons: z.array(comparisonSchema).default([]),
});

/** Reads the difference of two versions. */
export const diffSchema = z.looseObject({
  name: z.string(),
  older: z.string(),
  newer: z.string(),
  comparison: comparisonSchema,
});

/** Reads which stage a version has come to. */
export const stagedSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  stage: z.string(),
});

/** Reads the versions of a contract. */
export const versionsSchema = z.looseObject({
  name: z.string(),
  mode: z.string().optional(),
  latest: z.string().optional(),
  versions: z.array(
    z.looseObject({
      version: z.string(),
      stage: z.string().optional(),
      level: level.optional(),
      digest: z.string().optional(),
      createdAt: z.string(),
      description: z.string().optional(),
      publisher: z.string().optional(),
    }),
  ),
});

/** Reads one version of a contract. */
export const contractSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  createdAt: z.string(),
  description: z.string().optional(),
  jsonSchema: z.string().optional(),
  wit: z.array(z.looseObject({ path: z.string(), text: z.string() })).optional(),
  descriptor: z.json().optional(),
  references: z
    .array(z.looseObject({ uri: z.string(), name: z.string(), version: z.string() }))
    .optional(),
});

/** Reads a page of the list of contracts. */
export const contractPageSchema = z.looseObject({
  contracts: z.array(
    z.looseObject({ name: z.string(), version: z.string(), stage: z.string().optional() }),
  ),
});

export type FaultAnswer = z.output<typeof faultSchema>;
export type ChangeAnswer = z.output<typeof changeSchema>;
export type CounterExampleAnswer = z.output<typeof counterExampleSchema>;
export type ComparisonAnswer = z.output<typeof comparisonSchema>;
export type CheckAnswer = z.output<typeof checkSchema>;
export type PublishedAnswer = z.output<typeof publishedSchema>;
export type VersionsAnswer = z.output<typeof versionsSchema>;
export type ContractAnswer = z.output<typeof contractSchema>;
