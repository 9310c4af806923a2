import type { Evolution } from '#domain/aggregate';
import type { Brand } from '#domain/brand';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { CommandId, Kind } from '#domain/event';
import { EVENT_TYPES } from '#domain/event-types';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { unknownEventType } from '#domain/upcast';

/** What a webhook is called in addresses, events and logs. */
export type WebhookId = Brand<string, 'WebhookId'>;

/** Which of the two streams a webhook follows: a position means one of them. */
export type WebhookStream = 'registry' | 'jobs';

/** Which events go to a webhook. What it leaves out lets every event pass; all else has to hold. */
export type WebhookFilter = {
  readonly types?: readonly string[];
  readonly kinds?: readonly Kind[];
  /** How the name of the dataset or contract, or the id of the run, begins. */
  readonly namePrefix?: string;
};

/** What whoever keeps a webhook may change. */
export type WebhookSettings = {
  readonly url: string;
  readonly description?: string;
  readonly filter: WebhookFilter;
};

/** Which secret signs: it is derived from the key of the installation, so that the log holds nothing secret. */
export type WebhookSecret = {
  /** From 1; each rotation adds one. */
  readonly generation: number;
  /** Tells one key of an installation from another. */
  readonly keyId: string;
};

/** Why nothing is delivered any more. */
export const WEBHOOK_STOPS = ['asked', 'gone', 'failing', 'dead-letters-full'] as const;
export type WebhookStop = (typeof WEBHOOK_STOPS)[number];

/** A webhook as it is now; `undefined` where there is none. */
export type WebhookState =
  | (WebhookSettings & {
      readonly stream: WebhookStream;
      readonly createdAt: string;
      /** Delivery begins behind this position. */
      readonly after: Position;
      readonly secret: WebhookSecret;
      /** The secret before, which signs too until that time: RFC 3339. */
      readonly previous?: WebhookSecret & { readonly until: string };
      readonly stopped?: { readonly reason: WebhookStop; readonly at: string };
      readonly deletedAt?: string;
    })
  | undefined;

export type WebhookEvent =
  | {
      readonly type: 'WebhookCreated';
      readonly data: {
        readonly settings: WebhookSettings;
        readonly stream: WebhookStream;
        readonly after: Position;
        readonly secret: WebhookSecret;
      };
    }
  | { readonly type: 'WebhookChanged'; readonly data: { readonly settings: WebhookSettings } }
  | {
      readonly type: 'WebhookSecretRotated';
      readonly data: { readonly secret: WebhookSecret; readonly previousUntil: string };
    }
  | { readonly type: 'WebhookEnabled'; readonly data: Readonly<Record<string, never>> }
  | {
      readonly type: 'WebhookDisabled';
      readonly data: { readonly reason: WebhookStop; readonly detail?: string };
    }
  /** Delivery goes on behind this position, whatever was delivered before. */
  | { readonly type: 'WebhookReplayAsked'; readonly data: { readonly after: Position } }
  /** Dead letters at these positions are tried once more. */
  | {
      readonly type: 'WebhookRedeliveryAsked';
      readonly data: { readonly positions: readonly Position[] };
    }
  | { readonly type: 'WebhookDeleted'; readonly data: Readonly<Record<string, never>> };

const TYPES: ReadonlySet<string> = new Set<WebhookEvent['type']>(EVENT_TYPES.webhook);

const ID = /^[0-9a-f]{20}$/;
const ID_LENGTH = 20;

/** Parses the id of a webhook. @throws NOT_FOUND: what cannot be an id is none that exists */
export function parseWebhookId(text: string): WebhookId {
  if (ID.test(text)) return text as WebhookId;
  throw new RegistryError(
    'NOT_FOUND',
    `Cannot find webhook ${quote(text)}: it is no id of a webhook (want ${ID_LENGTH} of 0-9 and a-f)`,
    { outcome: 'not-applied' },
  );
}

/** Derives the id of the webhook that a command creates: the same command sent again speaks of the same webhook. */
export function webhookIdOf({ tenant, environment }: Scope, commandId: CommandId): WebhookId {
  const named = `webhook\n${tenant}\n${environment}\n${commandId}`;
  return parseWebhookId(sha256Of(named).slice(0, ID_LENGTH));
}

/** How a webhook changes, from its creation to its end. */
export const webhookEvolution: Evolution<WebhookState, WebhookEvent> = {
  initial: undefined,
  evolve(state, event, time) {
    if (event.type === 'WebhookCreated') {
      const { settings, stream, after, secret } = event.data;
      return { ...settings, stream, after, secret, createdAt: time };
    }
    return state === undefined ? undefined : changed(state, event, time);
  },
  parse(event) {
    if (!TYPES.has(event.type)) throw unknownEventType('webhook', event.type);
    return event as unknown as WebhookEvent;
  },
};

type Present = Exclude<WebhookState, undefined>;

function changed(
  state: Present,
  event: Exclude<WebhookEvent, { readonly type: 'WebhookCreated' }>,
  time: string,
): Present {
  switch (event.type) {
    case 'WebhookChanged': {
      const { description: _, ...rest } = state;
      return { ...rest, ...event.data.settings };
    }
    case 'WebhookSecretRotated': {
      const { secret, previousUntil: until } = event.data;
      return { ...state, secret, previous: { ...state.secret, until } };
    }
    case 'WebhookEnabled': {
      const { stopped: _, ...rest } = state;
      return rest;
    }
    case 'WebhookDisabled':
      return { ...state, stopped: { reason: event.data.reason, at: time } };
    case 'WebhookReplayAsked':
    case 'WebhookRedeliveryAsked':
      // For whoever delivers, which reads them in their order.
      return state;
    case 'WebhookDeleted':
      return { ...state, deletedAt: time };
    default:
      return event satisfies never;
  }
}

/** Tells whether an event goes to a webhook. */
export function passesFilter(
  { types, kinds, namePrefix }: WebhookFilter,
  event: { readonly type: string; readonly kind: Kind; readonly name: string },
): boolean {
  if (types !== undefined && !types.includes(event.type)) return false;
  if (kinds !== undefined && !kinds.includes(event.kind)) return false;
  return namePrefix === undefined || event.name.startsWith(namePrefix);
}
