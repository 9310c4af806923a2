import type { Decision } from '#commands/decision';
import type { DatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import type { DomainEvent } from '#domain/event';
import { type Revision, START } from '#domain/position';

/** Which revisions fit: every one that exists, or those of a list. */
export type RevisionMatch = 'any' | readonly Revision[];

/** What a client wants to be so when its command is decided, as `If-Match` and `If-None-Match` say it. */
export interface Precondition {
  readonly match?: RevisionMatch;
  readonly noneMatch?: RevisionMatch;
}

type Refusal = Extract<Decision<DomainEvent>, { readonly kind: 'reject' }>;

/** A command that may depend on the revision that it changes. */
export interface ConditionalCommand {
  readonly name: DatasetName;
  readonly precondition?: Precondition;
}

/**
 * Refuses a command whose precondition does not hold at a revision of its dataset (0: not registered); `undefined` when it
 * holds. It belongs before the decision itself, so that it is asked again whenever another writer was faster.
 */
export function refuseUnmet(
  { name, precondition = {} }: ConditionalCommand,
  revision: Revision,
): Refusal | undefined {
  const { match, noneMatch } = precondition;
  const is = revision === START ? 'it is not registered' : `it is at revision ${revision}`;
  if (match !== undefined && !fits(match, revision))
    return unmet({ name, is, want: wanted(match), revision });
  if (noneMatch !== undefined && fits(noneMatch, revision))
    return unmet({ name, is, want: `not ${wanted(noneMatch)}`, revision });
  return undefined;
}

function fits(match: RevisionMatch, revision: Revision): boolean {
  if (revision === START) return false;
  return match === 'any' || match.includes(revision);
}

function wanted(match: RevisionMatch): string {
  if (match === 'any') return 'a registered dataset';
  return match.length === 0 ? 'a revision that never was' : `revision ${match.join(' or ')}`;
}

interface Unmet {
  readonly name: DatasetName;
  readonly is: string;
  readonly want: string;
  readonly revision: Revision;
}

function unmet({ name, is, want, revision }: Unmet): Refusal {
  const error = new RegistryError(
    'PRECONDITION_FAILED',
    `Cannot change dataset ${quote(name)}: ${is} (want ${want}, as the request says)`,
    { details: { name, revision }, outcome: 'not-applied' },
  );
  return { kind: 'reject', error };
}
