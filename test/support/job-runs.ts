import type { FinishCommands } from '#commands/finish-job-run';
import type { LineageCommands } from '#commands/record-lineage';
import type { RunDefinitionCommands } from '#commands/run-definition';
import { parseContractVersion } from '#domain/contract-name';
import { parseActionProfileId } from '#domain/definition';
import type { Sha256 } from '#domain/digest';
import type { PlannedAction } from '#domain/job-action';
import { type JobRunStart, jobRunEvolution, parseJobRunId } from '#domain/job-run';
import { runRequestEvolution } from '#domain/run-request';
import { lineageDocumentEvolution, lineageRunEvolution } from '#lineage/lineage-evolution';
import type { EventLog } from '#log/event-log';
import { commandEnvironment, freshSource } from '#test/support/command-env';

/** What commands about runs need, with results kept in a map. */
export type RunBedCommands = FinishCommands &
  RunDefinitionCommands & { readonly kept: ReadonlyMap<Sha256, Uint8Array> };

/** Commands about runs that decide on what the log itself says; no definitions, and every end plans these actions. */
export function runCommandsOn(
  log: EventLog,
  overrides: Partial<RunBedCommands> & { readonly actions?: readonly PlannedAction[] } = {},
): RunBedCommands {
  const kept = new Map<Sha256, Uint8Array>();
  return {
    env: commandEnvironment(),
    log,
    source: freshSource(log, 'job-run', jobRunEvolution),
    definitions: { find: async () => undefined },
    planner: { plan: async () => overrides.actions ?? [] },
    requests: freshSource(log, 'run-request', runRequestEvolution),
    runnable: {
      findStaged: async () => undefined,
      isKnown: async () => false,
      approvedContract: async () => undefined,
    },
    results: {
      put: async (sha256, bytes) => {
        kept.set(sha256, bytes);
      },
    },
    kept,
    ...overrides,
  };
}

/** Commands about lineage that decide on what the log itself says. */
export function lineageCommandsOn(log: EventLog): LineageCommands {
  return {
    env: commandEnvironment(),
    log,
    runs: freshSource(log, 'lineage-run', lineageRunEvolution),
    documents: freshSource(log, 'lineage-document', lineageDocumentEvolution),
  };
}

/** Makes what the submitter of a run says. */
export function startOf(id: string, rest: Partial<JobRunStart> = {}): JobRunStart {
  return { id: parseJobRunId(id), job: 'load', kind: 'load', inputs: [], metadata: {}, ...rest };
}

/** Makes an action of an active profile. */
export function plannedAction(index = 0): PlannedAction {
  const profile = { id: parseActionProfileId('tell.team'), version: parseContractVersion('1.0.0') };
  return { profile, index, type: 'CALL_WEBHOOK' };
}
