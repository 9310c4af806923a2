/** Bounds of delivery, see the configuration. */
export interface WebhookLimits {
  /** How long one event is tried before it is a dead letter. */
  readonly retryMaxMs: number;
  /** The longest wait between two attempts. */
  readonly retryDelayMaxMs: number;
  /** How long nothing may be taken before the webhook is stopped. */
  readonly failingMaxMs: number;
  /** Dead letters of one webhook. With one more it is stopped. */
  readonly deadLettersMax: number;
  /** How long a node must not have been heard of before another delivers in its place. */
  readonly leaseMs: number;
}
