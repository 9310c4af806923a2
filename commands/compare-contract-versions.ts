import { judgedContent } from '#commands/judged-content';
import type { PublicationPorts } from '#commands/plan-publication';
import type { ContractContent, GateComparison } from '#contracts/gate/gate-report';
import type { CompatibilityMode } from '#domain/contract-gate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** Two versions of one contract. */
export interface ContractPair {
  readonly name: ContractName;
  readonly older: ContractVersion;
  readonly newer: ContractVersion;
  /** By what the differences are judged. */
  readonly mode: CompatibilityMode;
  /** Aborts when nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

/**
 * Says what lies between two published versions, as the gate would.
 * @throws NOT_FOUND when one of them is not published, INVALID_SCHEMA when the newer one is no longer accepted, and what
 *   the ports throw
 */
export async function compareContractVersions(
  ports: PublicationPorts,
  scope: Scope,
  { name, older, newer, mode, signal }: ContractPair,
): Promise<GateComparison> {
  const contentOf = async (version: ContractVersion): Promise<ContractContent> => {
    const found = await ports.contents.find(scope, name, version);
    if (found === undefined) throw notPublished(name, version);
    const at = { scope, isNew: false, name };
    const { content } = await judgedContent(ports.contents, found.bundle, at);
    return content;
  };
  const [candidate, content] = [await contentOf(newer), await contentOf(older)];
  const { assertsFormats, stepsMax } = ports.rules;
  const predecessors = [{ version: older, content }];
  const report = await ports.gate.judge(
    {
      candidate,
      predecessors,
      mode,
      assertsFormats,
      stepsMax,
      isExplained: true,
    },
    { tenant: scope.tenant, signal },
  );
  const [comparison] = report.comparisons;
  if (comparison !== undefined) return comparison;
  throw new RegistryError(
    'INVALID_SCHEMA',
    `Cannot compare contract ${quote(name)} version ${quote(newer)}: ${report.faults[0]?.message ?? 'it cannot be judged'} (want content without faults)`,
    { details: { faults: report.faults } },
  );
}

/** Makes the error for a version that is not published. */
export function notPublished(name: ContractName, version: ContractVersion): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find contract ${quote(name)} version ${quote(version)}: it is not published in this tenant and environment (want a published version: GET /registry/contracts/${name})`,
    { details: { name, version } },
  );
}
