import { RegistryError } from '#domain/errors';
import type { WebhookId } from '#domain/webhook';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import { PollLoop } from '#workers/poll-loop';
import type { WebhookLeases } from '#workers/webhooks/webhook-lease';
import { type RunnerParts, WebhookRunner } from '#workers/webhooks/webhook-runner';
import type { WebhookSecrets } from '#workers/webhooks/webhook-secrets';

export interface WebhookWorkerOptions extends RunnerParts {
  readonly leases: WebhookLeases;
  readonly secrets: WebhookSecrets;
  /** How often it looks for webhooks that were made or changed, or whose node has gone. */
  readonly pollMs: number;
  /** Gives all webhooks. @throws FROZEN, NOT_READY while this node must not work */
  readonly webhooks: () => readonly FoundWebhook[];
}

interface Running {
  readonly runner: WebhookRunner;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Delivers the webhooks whose leases this node gets, each on its own: one that fails holds up no other. */
export class WebhookWorker {
  readonly #options: WebhookWorkerOptions;
  readonly #loop: PollLoop;
  readonly #running = new Map<WebhookId, Running>();
  /** Those that were told of because they are signed with another key. */
  readonly #foreign = new Set<WebhookId>();

  constructor(options: WebhookWorkerOptions) {
    this.#options = options;
    const { clock, pollMs: intervalMs, onEvent } = options;
    const pass = async (signal: AbortSignal): Promise<boolean> => this.#pass(signal);
    this.#loop = new PollLoop({ worker: 'webhooks', clock, intervalMs, onEvent, pass });
  }

  start(): void {
    this.#loop.start();
  }

  /** Ends all deliveries and gives their leases back. What is being sent is sent again by whoever delivers next. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#stopAll();
  }

  async #pass(signal: AbortSignal): Promise<boolean> {
    const wanted = await this.#wanted();
    for (const [id, { stop }] of this.#running) if (!wanted.has(id)) stop.abort();
    this.#options.leases.keepOnly(new Set(wanted.keys()));
    for (const [id, found] of wanted) {
      signal.throwIfAborted();
      const running = this.#running.get(id);
      if (running === undefined) await this.#take(found);
      else running.runner.update(found);
    }
    return false;
  }

  /** Gives those to deliver. Positions of a log that is not to be trusted mean nothing: then everything ends. */
  async #wanted(): Promise<ReadonlyMap<WebhookId, FoundWebhook>> {
    const { webhooks, secrets } = this.#options;
    try {
      const active = webhooks().filter(({ webhook }) => webhook.stopped === undefined);
      const ours = active.filter(
        (found) => secrets.knows(found.webhook) || this.#tellForeign(found),
      );
      return new Map(ours.map((found) => [found.id, found]));
    } catch (error) {
      await this.#stopAll();
      throw error;
    }
  }

  async #take(found: FoundWebhook): Promise<void> {
    const lease = await this.#options.leases.take(found);
    if (lease === undefined) return;
    const { id } = found;
    const runner = new WebhookRunner(this.#options, lease, found);
    const stop = new AbortController();
    const done = runner.run(stop.signal).finally(() => this.#running.delete(id));
    this.#running.set(id, { runner, stop, done });
  }

  async #stopAll(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  #tellForeign({ id, scope }: FoundWebhook): false {
    if (this.#foreign.has(id)) return false;
    this.#foreign.add(id);
    this.#options.onEvent({ type: 'left', worker: 'webhooks', scope, id, error: foreignKey(id) });
    return false;
  }
}

/** Says that this node cannot sign for a webhook. */
export function foreignKey(id: WebhookId): RegistryError {
  return new RegistryError(
    'NOT_READY',
    `Cannot sign for webhook "${id}": its secret is derived from another key (want the same ATLAS_WEBHOOK_KEY on every node, or the secret rotated)`,
    { outcome: 'not-applied' },
  );
}
