import type { Scope } from '#domain/scope';
import type { WebhookId } from '#domain/webhook';
import type { DeadLetter, DeliveryRecord } from '#domain/webhook-delivery';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';

/** How far a webhook has come. */
export interface WebhookDeliveries {
  /** Absent before any node has begun. */
  readonly record: DeliveryRecord | undefined;
  readonly deadLetters: readonly DeadLetter[];
}

/** What routes need of the delivery of webhooks. */
export interface WebhookPort {
  /** Webhooks in all scopes together. */
  readonly webhooksMax: number;
  /** Which key new secrets are derived from. */
  readonly keyId: string;
  /** Gives a secret as its receiver is told it. */
  secretOf(owner: { readonly scope: Scope; readonly id: WebhookId }, generation: number): string;
  /** Checks a URL as far as can be told without asking anybody. @throws INVALID_REQUEST */
  checkUrl(url: string): void;
  /** Sends an event that only tests the way. */
  ping(found: FoundWebhook, signal: AbortSignal): Promise<WebhookPing>;
  /** @throws LOG_UNAVAILABLE */
  deliveries(id: WebhookId): Promise<WebhookDeliveries>;
  /** Removes what is kept of a webhook that was deleted. Does what it can: what is left harms nobody. */
  forget(id: WebhookId): Promise<void>;
}

/** What came of a ping. */
export interface WebhookPing {
  readonly eventId: string;
  readonly isTaken: boolean;
  readonly detail: string;
  readonly status?: number;
}
