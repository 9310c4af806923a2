import type { Kind } from '#domain/event';

/** Every type of event, by the kind of aggregate that it happens to. Tests hold it to what each aggregate reads. */
export const EVENT_TYPES = {
  dataset: ['DatasetRegistered', 'DatasetObjectsReplaced', 'DatasetPublished', 'DatasetWithdrawn'],
  contract: ['ContractPublished', 'ContractStageChanged', 'CompatibilityModeSet'],
  'contract-policy': ['DefaultCompatibilityModeSet'],
  'action-profile': ['ActionProfileDefined', 'ActionProfileStageChanged'],
  'job-definition': ['JobDefined', 'JobStageChanged'],
  'api-key': ['ApiKeyIssued', 'ApiKeyRevoked'],
  webhook: [
    'WebhookCreated',
    'WebhookChanged',
    'WebhookSecretRotated',
    'WebhookEnabled',
    'WebhookDisabled',
    'WebhookReplayAsked',
    'WebhookRedeliveryAsked',
    'WebhookDeleted',
  ],
  'job-run': [
    'JobRunSubmitted',
    'JobRunStarted',
    'JobRunBegan',
    'JobRunProgressed',
    'JobRunFinished',
    'JobRunTimedOut',
    'JobActionClaimed',
    'JobActionEnded',
  ],
  'run-request': ['JobRunRequested'],
  'lineage-run': ['LineageEventReceived'],
  'lineage-document': ['LineageDocumentReceived'],
} as const satisfies Readonly<Record<Kind, readonly string[]>>;

/** The name of a type of event. */
export type EventType = (typeof EVENT_TYPES)[Kind][number];

/** All types of events. */
export const ALL_EVENT_TYPES: readonly EventType[] = Object.values(EVENT_TYPES).flat();
