import { type ActionTarget, readTarget } from '#domain/action-target';
import {
  complete,
  optional,
  type Part,
  readChoice,
  readList,
  readObject,
  readTags,
  readText,
  readWholeNumber,
} from '#domain/definition-reader';

/** What can be done when a run has ended. */
export const ACTION_TYPES = [
  'STORE_RESULTS',
  'SEND_NOTIFICATION',
  'EMIT_LINEAGE',
  'CALL_WEBHOOK',
  'OPEN_TICKET',
] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

/** Keeps the results of a run in the artifact store. */
export type StoreResults = {
  /** Segments joined by `/`, under which they lie. */
  readonly prefix: string;
  /** Absent: for ever. */
  readonly retentionDays?: number;
};

export const CHAT_SHAPES = ['slack', 'teams', 'discord', 'mattermost'] as const;

/** Tells people of a run, in a chat or by mail. */
export type SendNotification =
  | {
      readonly channel: 'chat';
      /** Whose message format is sent. */
      readonly shape: (typeof CHAT_SHAPES)[number];
      readonly target: ActionTarget;
      readonly text?: string;
    }
  | {
      readonly channel: 'email';
      readonly recipients: readonly string[];
      readonly subject?: string;
    };

/** Reports a run as OpenLineage event. */
export type EmitLineage = {
  readonly namespace: string;
  /** Absent: to this registry. */
  readonly target?: ActionTarget;
};

/** Sends what is known of a run to a URL. */
export type CallWebhook = {
  readonly target: ActionTarget;
  readonly method: 'POST' | 'PUT';
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  readonly attemptsMax: number;
};

export const TICKET_PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const;

/** Opens a ticket about a run. */
export type OpenTicket = {
  readonly target: ActionTarget;
  readonly project: string;
  readonly title: string;
  readonly priority: (typeof TICKET_PRIORITIES)[number];
  readonly labels: readonly string[];
};

/** One thing that a profile does. */
export type Action =
  | { readonly type: 'STORE_RESULTS'; readonly parameters: StoreResults }
  | { readonly type: 'SEND_NOTIFICATION'; readonly parameters: SendNotification }
  | { readonly type: 'EMIT_LINEAGE'; readonly parameters: EmitLineage }
  | { readonly type: 'CALL_WEBHOOK'; readonly parameters: CallWebhook }
  | { readonly type: 'OPEN_TICKET'; readonly parameters: OpenTicket };

/** The most people that one mail goes to. */
export const RECIPIENTS_MAX = 50;
const RETENTION_DAYS_MAX = 3_650;
const TIMEOUT_MS = { min: 100, max: 60_000, default: 10_000 };
const ATTEMPTS = { min: 1, max: 20, default: 12 };
const LINE_MAX = 255;
const TEXT_MAX = 2_000;
const PREFIX =
  /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,64}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,64}){0,7}$/;
const MAILBOX = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** Reads one action with the parameters of its type. Parameters with a default get it. */
export function readAction(part: Part): Action | undefined {
  const members = readObject(part, ['type', 'parameters']);
  if (members === undefined) return undefined;
  const type = readChoice(members.type, ACTION_TYPES);
  if (type === undefined) return undefined;
  const parameters = READERS[type](members.parameters);
  return parameters === undefined ? undefined : ({ type, parameters } as Action);
}

const READERS: {
  readonly [T in ActionType]: (
    part: Part,
  ) => Extract<Action, { readonly type: T }>['parameters'] | undefined;
} = {
  STORE_RESULTS: readStoreResults,
  SEND_NOTIFICATION: readSendNotification,
  EMIT_LINEAGE: readEmitLineage,
  CALL_WEBHOOK: readCallWebhook,
  OPEN_TICKET: readOpenTicket,
};

function readStoreResults(part: Part): StoreResults | undefined {
  const members = readObject(part, ['prefix', 'retentionDays']);
  if (members === undefined) return undefined;
  const wanted = '1 to 8 segments of A-Z, a-z, 0-9, ".", "_", "-", joined by "/"';
  const prefix = readText(members.prefix, { lengthMax: 600, pattern: PREFIX, wanted });
  const days = { min: 1, max: RETENTION_DAYS_MAX };
  const retentionDays = optional(members.retentionDays, (one) => readWholeNumber(one, days));
  return complete({ prefix }, { retentionDays });
}

function readSendNotification(part: Part): SendNotification | undefined {
  const members = readObject(part, ['channel', 'shape', 'target', 'text', 'recipients', 'subject']);
  if (members === undefined) return undefined;
  const channel = readChoice(members.channel, ['chat', 'email']);
  switch (channel) {
    case undefined:
      return undefined;
    case 'chat': {
      refuseMembers(channel, [members.recipients, members.subject]);
      const shape = readChoice(members.shape, CHAT_SHAPES);
      const target = readTarget(members.target);
      const rule = { lengthMax: TEXT_MAX, isMultiline: true };
      const text = optional(members.text, (one) => readText(one, rule));
      return complete({ channel, shape, target }, { text });
    }
    case 'email': {
      refuseMembers(channel, [members.shape, members.target, members.text]);
      const rule = { countMin: 1, countMax: RECIPIENTS_MAX, keyOf: (one: string) => one };
      const recipients = readList(members.recipients, rule, (one) =>
        readText(one, {
          lengthMax: 254,
          pattern: MAILBOX,
          wanted: 'an address such as a@b.example',
        }),
      );
      const subject = optional(members.subject, (one) => readText(one, { lengthMax: LINE_MAX }));
      return complete({ channel, recipients }, { subject });
    }
    default:
      return channel satisfies never;
  }
}

function refuseMembers(channel: string, parts: readonly Part[]): void {
  for (const { value, path, faults } of parts) {
    if (value !== undefined)
      faults.add(path, `is not known for channel ${channel} (want it absent)`);
  }
}

function readEmitLineage(part: Part): EmitLineage | undefined {
  const members = readObject(part, ['namespace', 'target']);
  if (members === undefined) return undefined;
  const namespace = readText(members.namespace, { lengthMax: LINE_MAX });
  return complete({ namespace }, { target: optional(members.target, readTarget) });
}

function readCallWebhook(part: Part): CallWebhook | undefined {
  const members = readObject(part, ['target', 'method', 'timeoutMs', 'attemptsMax']);
  if (members === undefined) return undefined;
  const { method, timeoutMs, attemptsMax } = members;
  return complete(
    {
      target: readTarget(members.target),
      method: method.value === undefined ? 'POST' : readChoice(method, ['POST', 'PUT']),
      timeoutMs: readBounded(timeoutMs, TIMEOUT_MS),
      attemptsMax: readBounded(attemptsMax, ATTEMPTS),
    },
    {},
  );
}

function readBounded(
  part: Part,
  bounds: { readonly min: number; readonly max: number; readonly default: number },
): number | undefined {
  return part.value === undefined ? bounds.default : readWholeNumber(part, bounds);
}

function readOpenTicket(part: Part): OpenTicket | undefined {
  const members = readObject(part, ['target', 'project', 'title', 'priority', 'labels']);
  if (members === undefined) return undefined;
  const { project, title, priority, labels } = members;
  return complete(
    {
      target: readTarget(members.target),
      project: readText(project, { lengthMax: LINE_MAX }),
      title: readText(title, { lengthMax: LINE_MAX }),
      priority: priority.value === undefined ? 'medium' : readChoice(priority, TICKET_PRIORITIES),
      labels: readTags(labels),
    },
    {},
  );
}
