import type { Action, SendNotification } from '#domain/action-parameters';
import { scopeKey } from '#domain/scope';
import type { ActionAttempt, AttemptResult } from '#workers/action-attempt';
import { chatMessage } from '#workers/actions/chat-message';
import { runLines } from '#workers/actions/run-facts';
import { type SendParts, sendJson } from '#workers/actions/send-json';

/** Tells a chat of a run: what the profile says first, then the run. */
export async function sendChat(
  parts: SendParts,
  attempt: ActionAttempt<Extract<Action, { readonly type: 'SEND_NOTIFICATION' }>>,
  {
    parameters,
    signal,
  }: {
    readonly parameters: Extract<SendNotification, { readonly channel: 'chat' }>;
    readonly signal: AbortSignal;
  },
): Promise<AttemptResult> {
  const { shape, target, text } = parameters;
  const lines = [
    ...(text === undefined ? [] : [text]),
    ...runLines(attempt.run),
    `Scope: ${scopeKey(attempt.scope)}`,
  ];
  const document = chatMessage(shape, lines.join('\n'));
  return await sendJson(parts, attempt, { target, document, signal });
}
