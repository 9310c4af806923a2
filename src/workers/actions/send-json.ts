import type { ActionTarget } from '#domain/action-target';
import { canonicalJson, type JsonObject } from '#domain/canonical-json';
import type { Clock } from '#flow/clock';
import type { ActionAttempt, AttemptResult } from '#workers/action-attempt';
import { signatureOf } from '#workers/actions/sign';
import type { Outbound, OutboundReply } from '#workers/outbound';
import { requestFailureOf } from '#workers/request-failure';
import { SecretMissing, type Secrets } from '#workers/secrets';

/** What actions over HTTP are sent with. */
export interface SendParts {
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export interface JsonToSend {
  readonly target: ActionTarget;
  readonly method?: 'POST' | 'PUT';
  readonly document: JsonObject;
}

/**
 * Sends a document to the target of an action. 2xx is a success. 408, 425, 429, 5xx and what breaks on the way may go away;
 * any other answer would be the same again. Signed where the target names a secret.
 */
export async function sendJson(
  { outbound, secrets, clock }: SendParts,
  { scope, idempotencyId }: ActionAttempt,
  { target, method = 'POST', document, signal }: JsonToSend & { readonly signal: AbortSignal },
): Promise<AttemptResult> {
  const body = canonicalJson(document);
  try {
    const { url = await secrets.find(scope, target.urlSecretName ?? ''), secretName } = target;
    const signature: Record<string, string> =
      secretName === undefined
        ? {}
        : {
            'atlas-signature': signatureOf(
              body,
              await secrets.find(scope, secretName),
              clock.nowMs(),
            ),
          };
    const headers = {
      ...target.headers,
      'content-type': 'application/json',
      'user-agent': 'atlas-registry',
      'accept-encoding': 'identity',
      'atlas-event-id': idempotencyId,
      'idempotency-key': idempotencyId,
      ...signature,
    };
    return resultOf(await outbound.send({ url, method, headers, body }, signal));
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error);
  }
}

const MAY_GO_AWAY = new Set([408, 425, 429]);

function resultOf({ status, retryAfterMs }: OutboundReply): AttemptResult {
  const detail = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { outcome: 'succeeded', detail };
  if (status >= 300 && status < 400)
    return { outcome: 'dead', detail: `${detail}: redirects are not followed` };
  if (status < 500 && !MAY_GO_AWAY.has(status)) return { outcome: 'dead', detail };
  return { outcome: 'failed', detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function failureOf(error: unknown): AttemptResult {
  if (error instanceof SecretMissing) return { outcome: 'failed', detail: error.message };
  const { detail, isRefused } = requestFailureOf(error);
  return { outcome: isRefused ? 'dead' : 'failed', detail };
}
