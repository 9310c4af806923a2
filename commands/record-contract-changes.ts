import type { ContractChange, GateComparison } from '#contracts/gate/gate-report';
import {
  RECORDED_CHANGES_MAX,
  type RecordedChange,
  type RecordedGate,
} from '#domain/contract-gate';

/** Gives the changes of a comparison as an event holds them: bounded, and without examples. */
export function recordChanges(
  compared: GateComparison | undefined,
): Pick<RecordedGate, 'changes' | 'changesOmitted'> {
  if (compared === undefined) return { changes: [], changesOmitted: 0 };
  const changes = compared.changes.slice(0, RECORDED_CHANGES_MAX).map(recordedChange);
  const rest = compared.changes.length - changes.length;
  return { changes, changesOmitted: compared.changesOmitted + rest };
}

// Examples may be large, and whoever wants one can have the proof made again.
function recordedChange(change: ContractChange): RecordedChange {
  const { rule, part, message, before, after, breaks, isBreaking, isFeature } = change;
  return {
    rule,
    part,
    message,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    breaks,
    isBreaking,
    isFeature,
  };
}
