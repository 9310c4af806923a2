import type { Action } from '#domain/action-parameters';
import type { JsonObject } from '#domain/canonical-json';
import { isRegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';
import { fromJobRun } from '#lineage/from-job-run';
import type { ActionExecutor } from '#workers/action-attempt';
import { type SendParts, sendJson } from '#workers/actions/send-json';

/** Where this registry takes lineage events. */
export interface LineageSink {
  /** Records an event of OpenLineage; the same event again changes nothing. @throws INVALID_REQUEST, LOG_*, OUTCOME_UNKNOWN */
  record(scope: Scope, document: JsonObject): Promise<void>;
}

export interface EmitLineageParts extends SendParts {
  readonly lineage: LineageSink;
}

/** Makes what reports a run as OpenLineage event, to a target or to this registry. The event is the same in every attempt. */
export function emitLineage(
  parts: EmitLineageParts,
): ActionExecutor<Extract<Action, { readonly type: 'EMIT_LINEAGE' }>> {
  return async (attempt, signal) => {
    const { namespace, target } = attempt.action.parameters;
    const document = fromJobRun(attempt.scope, attempt.run, namespace);
    if (target !== undefined) return await sendJson(parts, attempt, { target, document, signal });
    try {
      await parts.lineage.record(attempt.scope, document);
      return { outcome: 'succeeded', detail: 'recorded here' };
    } catch (error) {
      if (!isRegistryError(error, 'INVALID_REQUEST')) throw error;
      return { outcome: 'dead', detail: error.message };
    }
  };
}
