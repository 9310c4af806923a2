import { createHmac } from 'node:crypto';
import { type Scope, scopeKey } from '#domain/scope';
import type { WebhookId, WebhookSecret, WebhookState } from '#domain/webhook';

/** Whose secret it is. */
export interface SecretOwner {
  readonly scope: Scope;
  readonly id: WebhookId;
}

/** What goes into a signature. */
export interface SignedMessage {
  readonly id: string;
  /** When it is sent, milliseconds since 1970. */
  readonly atMs: number;
  readonly body: string;
}

const KEY_ID_LENGTH = 16;

/**
 * The secrets of webhooks. None is stored: each is an HMAC of its owner and generation under the key of the installation, so
 * the log and its backups hold nothing that signs.
 */
export class WebhookSecrets {
  readonly #key: Buffer;
  /** Tells this key from another; says nothing about it. */
  readonly keyId: string;

  constructor(key: Buffer) {
    this.#key = key;
    this.keyId = hmac(key, 'atlas webhook key id').toString('hex').slice(0, KEY_ID_LENGTH);
  }

  /** Gives a secret as receivers are told it: `whsec_` and 256 bits in base64. */
  textOf(owner: SecretOwner, generation: number): string {
    return `whsec_${this.#secretOf(owner, generation).toString('base64')}`;
  }

  /** Whether this key can sign for a webhook. */
  knows({ secret }: Exclude<WebhookState, undefined>): boolean {
    return secret.keyId === this.keyId;
  }

  /**
   * Gives the header `webhook-signature` of Standard Webhooks: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64, by
   * the secret that holds and, while a rotation goes on, by the one before.
   */
  sign(
    owner: SecretOwner,
    webhook: Exclude<WebhookState, undefined>,
    message: SignedMessage,
  ): string {
    const { secret, previous } = webhook;
    const isOpen = previous !== undefined && Date.parse(previous.until) > message.atMs;
    const both: readonly WebhookSecret[] = isOpen ? [secret, previous] : [secret];
    const text = `${message.id}.${webhookTimestamp(message)}.${message.body}`;
    return both
      .filter(({ keyId }) => keyId === this.keyId)
      .map(({ generation }) => hmac(this.#secretOf(owner, generation), text).toString('base64'))
      .map((signature) => `v1,${signature}`)
      .join(' ');
  }

  #secretOf({ scope, id }: SecretOwner, generation: number): Buffer {
    return hmac(this.#key, `atlas webhook secret\n${scopeKey(scope)}\n${id}\n${generation}`);
  }
}

/** Gives the header `webhook-timestamp`: whole seconds since 1970. */
export function webhookTimestamp({ atMs }: Pick<SignedMessage, 'atMs'>): string {
  return String(Math.floor(atMs / 1_000));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
