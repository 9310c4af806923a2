import type { ContractName } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { quote, RegistryError } from '#domain/errors';

/**
 * Says in which stage a version begins: where it was asked to, else approved, and in production awaiting approval. Gives
 * the refusal for a stage in which none begins there: in production nothing is approved from the start.
 */
export function firstStage(
  name: ContractName,
  wanted: ContractStage | undefined,
  isProduction: boolean,
): ContractStage | RegistryError {
  const legal: readonly ContractStage[] = isProduction
    ? ['pending_approval', 'draft']
    : ['approved', 'pending_approval', 'draft'];
  const stage = wanted ?? (isProduction ? 'pending_approval' : 'approved');
  if (legal.includes(stage)) return stage;
  const where = isProduction ? 'in production' : 'here';
  return new RegistryError(
    'ILLEGAL_TRANSITION',
    `Cannot publish contract ${quote(name)} as ${quote(stage)}: no version begins so ${where} (want ${legal.join(' or ')})`,
    { details: { name, to: stage, legal }, outcome: 'not-applied' },
  );
}
