import { createHmac, timingSafeEqual } from 'node:crypto';
import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';
import type { HookRequest } from '#test/support/hook-server';

/** Settings under which a registry sends webhooks to this machine, and tries again soon. */
export const HOOKS_HERE = {
  ATLAS_ALLOW_PRIVATE_WEBHOOK_HOSTS: 'true',
  ATLAS_WEBHOOK_RETRY_DELAY_MAX_MS: '50',
  ATLAS_WEBHOOK_LEASE_MS: '1500',
  ATLAS_WEBHOOK_TIMEOUT_MS: '700',
} as const;

/** A webhook as its creation shows it. */
export interface CreatedWebhook {
  readonly id: string;
  readonly secret: string;
}

/** Creates a webhook in a tenant. */
export async function createHook(
  api: Api,
  url: string,
  { tenant = 'default', ...rest }: Readonly<Record<string, unknown>> & { tenant?: string } = {},
): Promise<CreatedWebhook> {
  const headers = { 'Atlas-Tenant': tenant };
  const answer = await api.post('/registry/webhooks', { url, ...rest }, headers);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json as CreatedWebhook;
}

/** Registers a dataset in a tenant, and gives its position. */
export async function register(api: Api, tenant = 'default', name?: string): Promise<number> {
  const body = { name: name ?? `w/${newId()}`, schema_fingerprint: 'fp' };
  const headers = { 'Atlas-Tenant': tenant };
  const answer: ApiAnswer = await api.post('/registry/datasets', body, headers);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.position;
}

/** What a request says: the positions of events in the order in which they came. */
export function positionsOf(requests: readonly HookRequest[]): number[] {
  return requests.map(({ body }) => Number(JSON.parse(body).position));
}

/**
 * Verifies a request as the specification of Standard Webhooks tells receivers to, and by nothing of the registry's own code:
 * the key is the base64 behind `whsec_`, the text is id, timestamp and body with dots, one signature of several must be right.
 */
export function isSignedBy(secret: string, { headers, body }: HookRequest): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const text = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  const expected = createHmac('sha256', key).update(text).digest();
  const age = Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp']));
  const given = String(headers['webhook-signature']).split(' ');
  return (
    age < 300 &&
    given.some((one) => {
      const [version, signature = ''] = one.split(',');
      const bytes = Buffer.from(signature, 'base64');
      return version === 'v1' && bytes.length === 32 && timingSafeEqual(bytes, expected);
    })
  );
}
