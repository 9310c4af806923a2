import { nextVersion } from '#contracts/versioning/next-version';
import { type ContractVersion, compareVersions } from '#domain/contract-name';
import type { DefinedVersion, Definition, DefinitionState } from '#domain/definition';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';

/** What is to be defined. */
export interface WantedDefinition {
  /** As errors name it. */
  readonly noun: 'action profile' | 'job definition';
  readonly id: string;
  /** Absent: the one behind the highest, and none where the highest says the same. */
  readonly version: ContractVersion | undefined;
  readonly fingerprint: Sha256;
}

/** What a definition comes to, given the versions that are there. */
export type DefinitionPlan =
  | { readonly kind: 'existing' | 'add'; readonly version: ContractVersion }
  | { readonly kind: 'refused'; readonly error: RegistryError };

/**
 * Plans a definition. The content of a version never changes: the same again is there already, other content under its
 * number is a conflict. What nobody numbers is the next patch; what is retired does not count as there.
 * @throws INVALID_NAME when the next number would have more than nine digits
 */
export function planDefinition<D extends Definition>(
  { versions }: DefinitionState<D>,
  wanted: WantedDefinition,
): DefinitionPlan {
  const { version, fingerprint } = wanted;
  const known = version === undefined ? highest([...versions.values()]) : versions.get(version);
  if (version === undefined) {
    if (known?.fingerprint === fingerprint && known.stage !== 'retired')
      return { kind: 'existing', version: known.version };
    return { kind: 'add', version: nextVersion(known?.version, 'patch') };
  }
  if (known === undefined) return { kind: 'add', version };
  if (known.fingerprint === fingerprint) return { kind: 'existing', version };
  return { kind: 'refused', error: conflict(wanted, known) };
}

function highest<D extends Definition>(
  versions: readonly DefinedVersion<D>[],
): DefinedVersion<D> | undefined {
  return versions.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1);
}

function conflict<D extends Definition>(
  { noun, id, fingerprint }: WantedDefinition,
  { version, fingerprint: defined }: DefinedVersion<D>,
): RegistryError {
  return new RegistryError(
    'VERSION_CONFLICT',
    `Cannot define ${noun} ${quote(id)} version ${quote(version)}: it is there with fingerprint ${quote(defined)} (want the same content, or another version)`,
    { details: { id, version, fingerprint, defined }, outcome: 'not-applied' },
  );
}
