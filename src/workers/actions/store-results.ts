import type { Action } from '#domain/action-parameters';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { oneChunk } from '#flow/one-chunk';
import type { Publisher } from '#stores/publisher';
import type { ActionExecutor } from '#workers/action-attempt';
import { runFacts } from '#workers/actions/run-facts';

/**
 * Makes what keeps the facts of a run in the artifact store, with the reference to its results, as canonical JSON under its
 * digest. Whoever tries again finds it there.
 */
export function storeResults(
  publisher: Pick<Publisher, 'put'>,
): ActionExecutor<Extract<Action, { readonly type: 'STORE_RESULTS' }>> {
  return async ({ scope, run, action }) => {
    const { prefix, retentionDays } = action.parameters;
    const path = `${prefix}/${run.id}.json`;
    const bytes = Buffer.from(
      canonicalJson({ ...scope, path, retention_days: retentionDays, run: runFacts(run) }),
    );
    const sha256 = sha256Of(bytes);
    await publisher.put(sha256, oneChunk(bytes), { bytesMax: bytes.length });
    return { outcome: 'succeeded', detail: `sha256 ${sha256}, ${bytes.length} bytes, ${path}` };
  };
}
