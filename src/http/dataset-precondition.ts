import type { Precondition, RevisionMatch } from '#commands/precondition';
import { quote, RegistryError } from '#domain/errors';
import { type Revision, toPosition } from '#domain/position';
import { strongEtag } from '#http/conditional';
import type { ParsedRequest } from '#http/route';

const TAGS_MAX = 32;
// RFC 9110, section 8.8.3: what may stand between the quotes.
const TAG = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
// Which tags name a revision where tags are compared strongly, and where weakly (section 8.8.3.2).
const STRONG = /^"dataset-([1-9]\d{0,15})"$/;
const WEAK = /^(?:W\/)?"dataset-([1-9]\d{0,15})"$/;

/** Names a dataset as it stands at a revision. */
export function datasetEtag(revision: Revision): string {
  return strongEtag(`dataset-${revision}`);
}

/**
 * Reads `If-Match` and `If-None-Match` of a command about a dataset. RFC 9110 wants the strong comparison for the first
 * (13.1.1), so that a weak tag fits no revision there, and the weak one for the second (13.1.2). Tags of other things fit none.
 * @throws INVALID_REQUEST for what is neither `*` nor a list of at most 32 tags
 */
export function datasetPrecondition({
  header,
}: Pick<ParsedRequest<unknown, unknown, unknown>, 'header'>): {
  readonly precondition?: Precondition;
} {
  const match = matchOf('If-Match', header('if-match'), STRONG);
  const noneMatch = matchOf('If-None-Match', header('if-none-match'), WEAK);
  if (match === undefined && noneMatch === undefined) return {};
  return {
    precondition: {
      ...(match === undefined ? {} : { match }),
      ...(noneMatch === undefined ? {} : { noneMatch }),
    },
  };
}

function matchOf(
  name: 'If-Match' | 'If-None-Match',
  value: string | undefined,
  named: RegExp,
): RevisionMatch | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === '*') return 'any';
  const tags = value.split(',').map((tag) => tag.trim());
  if (tags.length > TAGS_MAX || !tags.every((tag) => TAG.test(tag))) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use ${name} ${quote(value)}: it is no list of entity tags (want "*", or at most ${TAGS_MAX} tags as GET gives them)`,
      { outcome: 'not-applied' },
    );
  }
  return tags.flatMap((tag) => {
    const revision = Number(named.exec(tag)?.[1]);
    return Number.isSafeInteger(revision) ? [toPosition(revision)] : [];
  });
}
