import type { DefinitionFault } from '#domain/definition-reader';
import { isRegistryError } from '#domain/errors';

/** Gives the faults by which a definition is refused; none when it is taken. */
export function faultsOf(work: () => unknown): readonly DefinitionFault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!isRegistryError(error, 'INVALID_REQUEST')) throw error;
    return error.details['faults'] as readonly DefinitionFault[];
  }
}
