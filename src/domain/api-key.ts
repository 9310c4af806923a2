import type { Evolution } from '#domain/aggregate';
import type { Brand } from '#domain/brand';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { unknownEventType } from '#domain/upcast';

/** The public half of a key: what it is called in lists, events and logs. */
export type ApiKeyId = Brand<string, 'ApiKeyId'>;

/** What a key was made for. */
export type ApiKeyGrant = {
  /** For people: which service holds it. */
  readonly name: string;
  /** What it allows, in words such as `datasets:read`. */
  readonly scopes: readonly string[];
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
  /** SHA-256 of the secret, which is 256 random bits and stored nowhere. */
  readonly secretHash: Sha256;
};

/** A key as it is now; `undefined` where there is none. */
export type ApiKeyState =
  | (ApiKeyGrant & {
      readonly issuedAt: string;
      /** When it was taken back. */
      readonly revokedAt?: string;
    })
  | undefined;

export type ApiKeyEvent =
  | { readonly type: 'ApiKeyIssued'; readonly data: ApiKeyGrant }
  | { readonly type: 'ApiKeyRevoked'; readonly data: { readonly reason?: string } };

const ID = /^[a-z2-7]{16}$/;

/** Parses the id of a key. @throws NOT_FOUND: what cannot be an id is none that exists */
export function parseApiKeyId(text: string): ApiKeyId {
  if (ID.test(text)) return text as ApiKeyId;
  throw new RegistryError(
    'NOT_FOUND',
    `Cannot find API key ${quote(text)}: it is no id of a key (want 16 of a-z and 2-7)`,
    { outcome: 'not-applied' },
  );
}

/** How a key changes: it is issued once and may be revoked once. */
export const apiKeyEvolution: Evolution<ApiKeyState, ApiKeyEvent> = {
  initial: undefined,
  evolve(state, event, time) {
    switch (event.type) {
      case 'ApiKeyIssued': {
        const { name, scopes, expiresAt, secretHash } = event.data;
        return { name, scopes, expiresAt, secretHash, issuedAt: time };
      }
      case 'ApiKeyRevoked':
        return state === undefined ? undefined : { ...state, revokedAt: state.revokedAt ?? time };
      default:
        return event satisfies never;
    }
  },
  parse(event) {
    if (event.type !== 'ApiKeyIssued' && event.type !== 'ApiKeyRevoked')
      throw unknownEventType('api-key', event.type);
    return event as unknown as ApiKeyEvent;
  },
};
