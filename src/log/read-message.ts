import type { Msg, NatsConnection } from 'nats';
import { type Revision, toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { API_ERRORS, unavailable } from '#log/jetstream-errors';
import { recordedAtOf } from '#log/recorded-at';
import type { Subject } from '#log/subjects';

export interface ReadFirstAfter {
  readonly nc: NatsConnection;
  readonly stream: string;
  readonly subject: Subject;
  readonly after: Revision;
}

interface MessageGetResponse {
  readonly message?: {
    readonly subject: string;
    readonly seq: number;
    readonly time: string;
    readonly hdrs?: string;
    readonly data?: string;
  };
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

const TIMEOUT_MS = 2_000;

/**
 * Reads the first message of a subject behind a revision with STREAM.MSG.GET, which the stream's leader answers; a
 * direct get could come from any replica. Gives `undefined` when there is none.
 * @throws LOG_UNAVAILABLE when nobody answers in time
 */
export async function readFirstAfter(read: ReadFirstAfter): Promise<StoredMessage | undefined> {
  const { nc, stream, subject, after } = read;
  let reply: Msg;
  try {
    const request = JSON.stringify({ seq: after + 1, next_by_subj: subject });
    reply = await nc.request(`$JS.API.STREAM.MSG.GET.${stream}`, request, { timeout: TIMEOUT_MS });
  } catch (error) {
    throw unavailable(stream, 'its leader does not answer', error);
  }
  const { message, error } = reply.json<MessageGetResponse>();
  if (error?.err_code === API_ERRORS.messageNotFound) return undefined;
  if (message === undefined) throw unavailable(stream, error?.description ?? 'its answer is empty');
  const header = Buffer.from(message.hdrs ?? '', 'base64');
  return {
    position: toPosition(message.seq),
    subject: message.subject,
    recordedAtMs: recordedAtOf(header, Date.parse(message.time)),
    header,
    data: Buffer.from(message.data ?? '', 'base64'),
  };
}
