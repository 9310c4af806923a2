import { z } from 'zod';
import { COMPATIBILITY_MODES } from '#domain/contract-gate';
import { CONTRACT_STAGES } from '#domain/contract-stage';
import type { EventType } from '#domain/event-types';
import { JOB_KINDS } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import { JOB_STAGES } from '#domain/job-stage';
import { WEBHOOK_STOPS } from '#domain/webhook';

// Members may be added in later versions: who reads events passes over what it does not know.
const object = z.looseObject;
const text = z.string();
const time = z.string().meta({ format: 'date-time' });
const count = z.number().int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const texts = z.record(z.string(), z.string());
const nothing = object({});

const file = { key: text, sha256: digest, bytes: count };
const manifest = object({
  datasetId: text,
  name: text,
  schemaFingerprint: text,
  objects: z.array(object({ ...file, mediaType: text.optional() })),
  rowCount: count.nullable(),
  tables: z.array(object({})).optional(),
  createdAt: time,
  updatedAt: time,
  status: z.enum(['registered', 'published', 'withdrawn']),
  artifact: object(file).optional(),
  publishedAt: time.optional(),
  release: object({}).optional(),
}).meta({ id: 'Manifest', description: 'A dataset as it stands after the event' });

const bundle = object({
  name: text,
  version: text,
  fingerprint: digest,
  description: text.optional(),
  jsonSchema: text.optional().meta({ description: 'The JSON Schema as text' }),
  wit: z.array(object({ path: text, text })).optional(),
  descriptor: object({}).optional(),
  references: z.array(object({ uri: text, name: text, version: text })).optional(),
  labels: texts.optional(),
}).meta({ id: 'ContractBundle', description: 'One version of a contract' });

const definition = object({
  id: text,
  version: text,
  fingerprint: digest,
  name: text,
  description: text.optional(),
  tags: z.array(text),
  metadata: texts,
});
const stageChange = object({
  version: text,
  from: z.enum(JOB_STAGES),
  to: z.enum(JOB_STAGES),
  notes: text.optional(),
});

const run = object({
  id: text,
  job: text,
  kind: z.enum(JOB_KINDS),
  inputs: z.array(text),
  submittedBy: text.optional(),
  metadata: texts,
  definition: object({ id: text, version: text }).optional(),
  contract: object({ name: text, version: text }).optional(),
  cause: object({ type: z.enum(['MANUAL', 'SCHEDULED', 'EXTERNAL_EVENT']) }).optional(),
  parentRunId: text.optional(),
  correlationId: text.optional(),
  timeoutMs: count.optional(),
}).meta({ id: 'JobRunStart', description: 'What was said when a run was submitted' });
const end = object({
  outcome: z.enum(JOB_OUTCOMES),
  counts: z.record(z.string(), z.number()),
  metrics: z.record(z.string(), z.number()).optional(),
  findings: object({}).optional(),
  message: text.optional(),
  reportUri: text.optional(),
  reportSha256: digest.optional(),
  results: object({ sha256: digest, bytes: count }).optional(),
}).meta({ id: 'JobRunEnd', description: 'What is known when a run ends' });
const actions = z
  .array(object({ profile: object({ id: text, version: text }), index: count }))
  .optional();
const attempt = { action: count, attempt: count };

const settings = object({
  url: text,
  description: text.optional(),
  filter: object({
    types: z.array(text).optional(),
    kinds: z.array(text).optional(),
    namePrefix: text.optional(),
  }),
}).meta({ id: 'WebhookSettings', description: 'Subscribers over HTTP see of the URL its origin' });
const secret = object({ generation: z.number().int().min(1), keyId: text });
const mode = z.enum(COMPATIBILITY_MODES).nullable();

/** The data of every type of event, as it is in the log. Tests hold real events to it. */
export const EVENT_SCHEMAS: Readonly<Record<EventType, z.ZodType>> = {
  DatasetRegistered: object({ manifest }),
  DatasetObjectsReplaced: object({ manifest }),
  DatasetPublished: object({ manifest }),
  DatasetWithdrawn: object({ manifest, reason: text.optional() }),
  ContractPublished: object({
    bundle,
    publisher: text.optional(),
    stage: z.enum(CONTRACT_STAGES).optional(),
    gate: object({}).optional(),
    promotion: object({}).optional(),
  }),
  ContractStageChanged: object({
    version: text,
    from: z.enum(CONTRACT_STAGES),
    to: z.enum(CONTRACT_STAGES),
    notes: text.optional(),
    successor: text.optional(),
    sunset: time.optional(),
  }),
  CompatibilityModeSet: object({ mode }),
  DefaultCompatibilityModeSet: object({ mode }),
  ActionProfileDefined: object({
    definition: definition.extend({ actions: z.array(object({ type: text })) }),
    author: text,
  }),
  ActionProfileStageChanged: stageChange,
  JobDefined: object({
    definition: definition.extend({
      kind: z.enum(JOB_KINDS),
      datasets: z.array(text),
      trigger: object({ type: text }),
      timeoutMs: count,
    }),
    author: text,
  }),
  JobStageChanged: stageChange,
  ApiKeyIssued: object({
    name: text,
    scopes: z.array(text),
    expiresAt: time,
    secretHash: digest.optional().meta({ description: 'Not shown to subscribers over HTTP' }),
  }),
  ApiKeyRevoked: object({ reason: text.optional() }),
  WebhookCreated: object({
    settings,
    stream: z.enum(['registry', 'jobs']),
    after: count,
    secret,
  }),
  WebhookChanged: object({ settings }),
  WebhookSecretRotated: object({ secret, previousUntil: time }),
  WebhookEnabled: nothing,
  WebhookDisabled: object({ reason: z.enum(WEBHOOK_STOPS), detail: text.optional() }),
  WebhookReplayAsked: object({ after: count }),
  WebhookRedeliveryAsked: object({ positions: z.array(count) }),
  WebhookDeleted: nothing,
  JobRunSubmitted: object({ run }),
  JobRunStarted: object({ run }),
  JobRunBegan: object({ by: text.optional() }),
  JobRunProgressed: object({
    progress: object({ done: count, total: count.optional(), message: text.optional() }).optional(),
  }),
  JobRunFinished: object({ end, actions }),
  JobRunTimedOut: object({ lastSignAt: time, timeoutMs: count, actions }),
  JobActionClaimed: object({ ...attempt, until: time }),
  JobActionEnded: object({
    ...attempt,
    outcome: z.enum(['succeeded', 'failed', 'dead']),
    detail: text.optional(),
    retryAt: time.optional(),
  }),
  JobRunRequested: object({ run, isShared: z.boolean() }),
  LineageEventReceived: object({ event: object({}) }),
  LineageDocumentReceived: object({ event: object({}) }),
};

/** The headers of an event in the log: CloudEvents 1.0 in the binary mode of its NATS binding. */
export const EVENT_HEADERS = z
  .looseObject({
    'Nats-Msg-Id': text.meta({ description: 'Equals ce-id' }),
    'Nats-Expected-Stream': text.optional(),
    'Nats-Expected-Last-Subject-Sequence': text.optional(),
    'content-type': z.literal('application/json'),
    'ce-specversion': z.literal('1.0'),
    'ce-id': text.meta({ description: 'A UUID: by it repetitions are told apart' }),
    'ce-source': z.literal('/atlas-registry'),
    'ce-type': text.meta({ description: 'The name of the message' }),
    'ce-subject': text.meta({ description: 'The id of what it is about, percent-encoded' }),
    'ce-time': time,
    'ce-dataversion': z.string().regex(/^\d+$/).meta({ description: 'The shape of the data' }),
    'ce-commandid': text.meta({ description: 'Percent-encoded' }),
    'ce-requesthash': digest,
    'ce-actor': text.meta({ description: 'Who sent the command, percent-encoded' }),
    'ce-requestid': text.optional(),
    'ce-prevhash': digest
      .optional()
      .meta({ description: 'Absent on the first event of a subject' }),
    'ce-dataref': text.optional().meta({
      description:
        'sha256:<digest> where the body is too large for a message: it is in the artifact store',
    }),
  })
  .meta({ id: 'EventHeaders' });
