import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import type { FeedEvent } from '#projections/event-feed';
import type { Outbound } from '#workers/outbound';
import { requestFailureOf } from '#workers/request-failure';
import { type WebhookSecrets, webhookTimestamp } from '#workers/webhooks/webhook-secrets';

export interface SendEventParts {
  readonly outbound: Outbound;
  readonly secrets: WebhookSecrets;
  readonly clock: Clock;
  /** How long a receiver may take to answer. */
  readonly timeoutMs: number;
}

/** What is sent: an event of the log, or one that only tests the way. */
export type SentEvent = Omit<FeedEvent, 'position' | 'commandid'> &
  Partial<Pick<FeedEvent, 'position' | 'commandid'>>;

/**
 * What came of one attempt.
 * `taken`    the receiver has it;
 * `gone`     it wants no more, ever;
 * `refused`  it does not take this event, and would not take it another time;
 * `failed`   it could not be reached, or cannot take anything now.
 */
export interface SendResult {
  readonly outcome: 'taken' | 'gone' | 'refused' | 'failed';
  readonly detail: string;
  readonly status?: number;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs?: number;
}

const GONE = 410;
// They speak of the body and not of the receiver: 400, 413 (too large), 415 (media type), 422 (content).
const ABOUT_THE_EVENT: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/**
 * Sends an event to its receiver, once: CloudEvents 1.0 in structured JSON, signed after Standard Webhooks. Its id is that of
 * the event, so it is the same in every attempt. Redirects are not followed, and nothing of the answer is kept but its status.
 * @throws only what the signal was aborted with
 */
export async function sendEvent(
  { outbound, secrets, clock, timeoutMs }: SendEventParts,
  found: FoundWebhook,
  { event, signal }: { readonly event: SentEvent; readonly signal: AbortSignal },
): Promise<SendResult> {
  const body = JSON.stringify(event);
  const message = { id: event.id, atMs: clock.nowMs(), body };
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'atlas-registry',
    'accept-encoding': 'identity',
    'webhook-id': message.id,
    'webhook-timestamp': webhookTimestamp(message),
    'webhook-signature': secrets.sign(found, found.webhook, message),
  };
  const { url } = found.webhook;
  const late = (): Error => new NoAnswer(`No answer within ${timeoutMs} ms`);
  const send = async (until: AbortSignal) =>
    outbound.send({ url, method: 'POST', headers, body }, until);
  try {
    const deadline = { ms: timeoutMs, signal, clock, error: late };
    return resultOf(await withDeadline(send, deadline));
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof NoAnswer ? error.message : requestFailureOf(error).detail;
    return { outcome: 'failed', detail };
  }
}

class NoAnswer extends Error {}

function resultOf({
  status,
  retryAfterMs,
}: {
  readonly status: number;
  readonly retryAfterMs?: number;
}): SendResult {
  const detail = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { outcome: 'taken', detail, status };
  if (status === GONE) return { outcome: 'gone', detail, status };
  if (ABOUT_THE_EVENT.has(status)) return { outcome: 'refused', detail, status };
  const redirect = status >= 300 && status < 400 ? ': redirects are not followed' : '';
  const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { outcome: 'failed', detail: `${detail}${redirect}`, status, ...asked };
}
