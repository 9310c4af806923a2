import type { Action } from '#domain/action-parameters';
import type { ActionExecutor } from '#workers/action-attempt';
import { runFacts } from '#workers/actions/run-facts';
import { type SendParts, sendJson } from '#workers/actions/send-json';

/** Makes what sends what is known of a run to a URL. The body is the same in every attempt. */
export function callWebhook(
  parts: SendParts,
): ActionExecutor<Extract<Action, { readonly type: 'CALL_WEBHOOK' }>> {
  return async (attempt, signal) => {
    const { run, scope, idempotencyId, action } = attempt;
    const { target, method } = action.parameters;
    const document = {
      id: idempotencyId,
      type: 'job-run.finished',
      time: run.completedAt ?? run.lastSignAt,
      tenant: scope.tenant,
      environment: scope.environment,
      run: runFacts(run),
    };
    return await sendJson(parts, attempt, { target, method, document, signal });
  };
}
