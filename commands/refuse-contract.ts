import type { GateComparison, GateReport } from '#contracts/gate/gate-report';
import type { ChangeLevel, CompatibilityMode } from '#domain/contract-gate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';

// Each may hold hundreds of changes, and a few say what is wrong.
const COMPARISONS_SHOWN_MAX = 5;

/** Makes the error for content that has faults: with all of them, and the warnings. */
export function invalidContent(
  name: ContractName,
  { faults, warnings }: Pick<GateReport, 'faults' | 'warnings'>,
): RegistryError {
  const first = faults[0]?.message ?? 'none is named';
  return new RegistryError(
    'INVALID_SCHEMA',
    `Cannot publish contract ${quote(name)}: it has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}, first: ${first} (want content without faults)`,
    { details: { faults, warnings }, outcome: 'not-applied' },
  );
}

/** Makes the error for a check that had no time: what a version must be is never decided by how busy a node is. */
export function cutShort(name: ContractName): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `Cannot publish contract ${quote(name)}: its check ran out of time (want a retry, a larger ATLAS_CONTRACT_CHECK_TIMEOUT_MS, or fewer alternatives in the schema)`,
    { retryAfterSeconds: 5, outcome: 'not-applied' },
  );
}

/** A version that promises too much, and what it was measured by. */
interface TooSmall {
  readonly name: ContractName;
  readonly chosen: ContractVersion | undefined;
  readonly want: ContractVersion;
  readonly mode: CompatibilityMode;
  readonly level: ChangeLevel;
  readonly failing: readonly GateComparison[];
}

/** Makes the error for a version whose number promises more than its content keeps. */
export function incompatible(at: TooSmall): RegistryError {
  const { name, chosen: version, want, mode, level, failing } = at;
  const against = failing.map((one) => quote(one.version)).slice(0, COMPARISONS_SHOWN_MAX);
  const comparisons = failing.slice(0, COMPARISONS_SHOWN_MAX);
  const comparisonsOmitted = failing.length - comparisons.length;
  return new RegistryError(
    'INCOMPATIBLE',
    `Cannot publish contract ${quote(name)} version ${quote(version ?? '')}: what lies between it and ${against.join(', ')} is ${level} in mode ${mode} (want version ${quote(want)} or a higher one)`,
    {
      details: { name, version, want, mode, level, comparisons, comparisonsOmitted },
      outcome: 'not-applied',
    },
  );
}
