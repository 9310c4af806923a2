import { hostList } from '#ops/config/job-settings';
import { flag, setting, text, whole } from '#ops/config/setting';

/** The settings of webhooks: events that are sent to whoever has subscribed. */
export const WEBHOOK_SETTINGS = {
  webhookKey: setting('ATLAS_WEBHOOK_KEY', text.optional(), {
    doc: 'Path of a file with at least 32 characters that nobody can guess, the same on every node: the secrets of webhooks are derived from it. Default: `webhook-key` in the data folder, made at the first start.',
  }),
  webhookHosts: setting('ATLAS_WEBHOOK_HOSTS', hostList, {
    default: '',
    doc: 'Hosts that webhooks may be sent to, with commas: `hooks.example.com`, `*.example.com`. Empty: every public host.',
  }),
  allowPrivateWebhookHosts: setting('ATLAS_ALLOW_PRIVATE_WEBHOOK_HOSTS', flag, {
    default: 'false',
    doc: 'Allow webhooks to private and loopback addresses, loopback without TLS too: then whoever may create one reaches what stands there.',
  }),
  webhooksMax: setting('ATLAS_WEBHOOKS_MAX', whole(0, 10_000), {
    default: '100',
    doc: 'Webhooks in all scopes together. Each takes a consumer at the broker and a small write every few seconds.',
  }),
  webhookConcurrency: setting('ATLAS_WEBHOOK_CONCURRENCY', whole(1, 1_000), {
    default: '32',
    doc: 'Events that this node sends at a time, one of each webhook. Receivers that hang take these places for as long as they may.',
  }),
  webhookTimeoutMs: setting('ATLAS_WEBHOOK_TIMEOUT_MS', whole(100, 120_000), {
    default: '10000',
    doc: 'How long a receiver may take to answer.',
  }),
  webhookRetrySeconds: setting('ATLAS_WEBHOOK_RETRY_SECONDS', whole(1, 2_592_000), {
    default: '86400',
    doc: 'How long one event is tried before it becomes a dead letter and the next is sent: a day, in which somebody notices.',
  }),
  webhookRetryDelayMaxMs: setting('ATLAS_WEBHOOK_RETRY_DELAY_MAX_MS', whole(10, 3_600_000), {
    default: '600000',
    doc: 'Longest wait between two attempts, also where a receiver asks for more.',
  }),
  webhookFailingSeconds: setting('ATLAS_WEBHOOK_FAILING_SECONDS', whole(1, 31_536_000), {
    default: '259200',
    doc: 'How long a receiver may take nothing before its webhook is stopped, and waits to be enabled again.',
  }),
  webhookDeadLettersMax: setting('ATLAS_WEBHOOK_DEAD_LETTERS_MAX', whole(1, 2_000), {
    default: '500',
    doc: 'Dead letters of one webhook. With one more it is stopped, so that none is lost.',
  }),
  webhookLeaseMs: setting('ATLAS_WEBHOOK_LEASE_MS', whole(1_000, 300_000), {
    default: '15000',
    doc: 'How long a node must not have been heard of before another delivers in its place. Shorter means more small writes.',
  }),
} as const;
