import type { Action } from '#domain/action-parameters';
import { scopeKey } from '#domain/scope';
import type { ActionExecutor } from '#workers/action-attempt';
import { runLines } from '#workers/actions/run-facts';
import { type SendParts, sendJson } from '#workers/actions/send-json';

/**
 * Makes what opens a ticket about a run, in a shape that belongs to no product. Receivers that keep `idempotencyId` open one
 * ticket, however often it is sent.
 */
export function openTicket(
  parts: SendParts,
): ActionExecutor<Extract<Action, { readonly type: 'OPEN_TICKET' }>> {
  return async (attempt, signal) => {
    const { target, project, title, priority, labels } = attempt.action.parameters;
    const lines = [...runLines(attempt.run), `Scope: ${scopeKey(attempt.scope)}`];
    const document = {
      project,
      title,
      body: lines.join('\n'),
      priority,
      labels,
      idempotencyId: attempt.idempotencyId,
    };
    return await sendJson(parts, attempt, { target, document, signal });
  };
}
