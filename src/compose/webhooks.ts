import type { DataFolder } from '#clients/data-folder';
import type { Broker } from '#clients/nats';
import { changeWebhook } from '#commands/change-webhook';
import type { WebhookCommands } from '#commands/create-webhook';
import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { openWebhookKey } from '#compose/webhook-key';
import { checkReady, contextOf, eventLogger } from '#compose/workers';
import { isRegistryError, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { Semaphore } from '#flow/semaphore';
import type { WebhookPort } from '#http/webhook-port';
import type { Config } from '#ops/config/settings';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import { openBucket } from '#projections/contract-kv/bucket';
import { EventFeed } from '#projections/event-feed';
import { parseHostList } from '#workers/host-list';
import { Outbound, TargetRefused } from '#workers/outbound';
import { DeliveryRecords } from '#workers/webhooks/delivery-records';
import { type SentEvent, sendEvent } from '#workers/webhooks/send-event';
import { WebhookLeases } from '#workers/webhooks/webhook-lease';
import type { RunnerParts } from '#workers/webhooks/webhook-runner';
import { WebhookSecrets } from '#workers/webhooks/webhook-secrets';
import { foreignKey, WebhookWorker } from '#workers/webhooks/webhook-worker';

/** The bucket in which nodes remember how far webhooks have come. */
export const WEBHOOK_BUCKET = 'webhooks';

/** What webhooks are delivered with. */
export interface WebhooksFrom {
  readonly broker: Broker;
  readonly folder: DataFolder;
  readonly logs: Logs;
  readonly views: Views;
}

/** The delivery of webhooks on a node whose role writes. */
export interface Webhooks {
  readonly port: WebhookPort;
  /** Begins to deliver. */
  readonly start: (commands: WebhookCommands) => void;
}

const POLL_MS = 1_000;

/** Opens what webhooks are delivered with. @throws CANNOT_START */
export function openWebhooks(setup: Setup, from: WebhooksFrom): Webhooks {
  const { config, releases } = setup;
  const secrets = new WebhookSecrets(openWebhookKey(config, from.folder.path));
  const outbound = new Outbound({
    hosts: parseHostList(config.webhookHosts),
    allowPrivateHosts: config.allowPrivateWebhookHosts,
    clock: systemClock,
  });
  releases.add('connections of webhooks', () => outbound.close());
  const records = new DeliveryRecords(async () => openBucket(webhookBucket(config, from.broker)));
  const sending = new Semaphore({
    permits: config.webhookConcurrency,
    waitingMax: config.webhooksMax + config.webhookConcurrency,
    clock: systemClock,
    name: 'webhooks',
  });
  const parts = { outbound, secrets, clock: systemClock, timeoutMs: config.webhookTimeoutMs };
  const send: Delivery['send'] = async (found, event, signal) => {
    const result = await sending.run(async () => sendEvent(parts, found, { event, signal }), {
      signal,
    });
    setup.meters.add('atlas_webhook_attempts_total', 1, result.outcome);
    return result;
  };
  return {
    port: portOf(config, { outbound, secrets, records, send }),
    start: (commands) => {
      const worker = workerOf(setup, from, { commands, secrets, records, send });
      releases.add('worker of webhooks', () => worker.stop());
      worker.start();
    },
  };
}

/** Says what the bucket of webhooks is made with. */
export function webhookBucket(config: Config, { js, jsm }: Broker) {
  return { js, jsm, bucket: WEBHOOK_BUCKET, replicas: config.streamReplicas };
}

interface Delivery {
  readonly secrets: WebhookSecrets;
  readonly records: DeliveryRecords;
  readonly send: (
    found: FoundWebhook,
    event: SentEvent,
    signal: AbortSignal,
  ) => ReturnType<typeof sendEvent>;
}

function workerOf(
  setup: Setup,
  { logs, views }: WebhooksFrom,
  { commands, secrets, records, send }: Delivery & { readonly commands: WebhookCommands },
): WebhookWorker {
  const { config } = setup;
  const context = contextOf(views);
  const disable: RunnerParts['disable'] = async ({ scope, id }, reason, detail) => {
    const change = { kind: 'disable', reason, detail } as const;
    await changeWebhook(commands, context(scope), { id, change });
  };
  const leaseMs = config.webhookLeaseMs;
  return new WebhookWorker({
    feed: new EventFeed(logs),
    records,
    clock: systemClock,
    limits: {
      retryMaxMs: config.webhookRetrySeconds * 1_000,
      retryDelayMaxMs: config.webhookRetryDelayMaxMs,
      failingMaxMs: config.webhookFailingSeconds * 1_000,
      deadLettersMax: config.webhookDeadLettersMax,
      leaseMs,
    },
    send,
    disable,
    secrets,
    leases: new WebhookLeases({ records, owner: newId(), leaseMs, clock: systemClock }),
    pollMs: POLL_MS,
    webhooks: () => {
      checkReady(views);
      return views.catalog.reader.webhooks.all();
    },
    onEvent: eventLogger(setup),
  });
}

function portOf(
  config: Config,
  { outbound, secrets, records, send }: Delivery & { readonly outbound: Outbound },
): WebhookPort {
  return {
    webhooksMax: config.webhooksMax,
    keyId: secrets.keyId,
    secretOf: (owner, generation) => secrets.textOf(owner, generation),
    checkUrl: (url) => {
      try {
        outbound.check(url);
      } catch (error) {
        if (!(error instanceof TargetRefused)) throw error;
        throw unusableUrl(error);
      }
    },
    ping: async (found, signal) => {
      if (!secrets.knows(found.webhook)) throw foreignKey(found.id);
      const event = pingOf(found);
      const { outcome, detail, status } = await send(found, event, signal);
      const shown = status === undefined ? {} : { status };
      return { eventId: event.id, isTaken: outcome === 'taken', detail, ...shown };
    },
    deliveries: async (id) => {
      try {
        const [record, dead] = await Promise.all([records.read(id), records.readDead(id)]);
        return { record: record.value, deadLetters: dead.value ?? [] };
      } catch (cause) {
        if (isRegistryError(cause)) throw cause;
        throw new RegistryError(
          'LOG_UNAVAILABLE',
          `Cannot read the deliveries of webhook "${id}": the broker does not answer`,
          { cause, retryAfterSeconds: 1 },
        );
      }
    },
    forget: async (id) => {
      await records.forget(id).catch(() => undefined);
    },
  };
}

function pingOf({ id }: FoundWebhook): SentEvent {
  return {
    specversion: '1.0',
    id: newId(),
    source: '/atlas-registry',
    type: 'WebhookPinged',
    subject: id,
    time: new Date(systemClock.nowMs()).toISOString(),
    datacontenttype: 'application/json',
    kind: 'webhook',
    actor: 'atlas-worker',
    data: {},
  };
}

function unusableUrl(cause: TargetRefused): RegistryError {
  const is = cause.message.slice(cause.message.indexOf(': ') + 2);
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot use the URL of the webhook: ${is} (want https://host/path that this registry may call)`,
    { outcome: 'not-applied' },
  );
}
