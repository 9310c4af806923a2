import type { Precondition, RevisionMatch } from '#commands/precondition';
import { quote, RegistryError } from '#domain/errors';
import { type Revision, toPosition } from '#domain/position';
import { strongEtag } from '#http/conditional';
import type { ParsedRequest } from '#http/route';

const TAGS_MAX = 32;
// RFC 9110, section 8.8.3: what may stand between the quotes.
const TAG = /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const DATASET_TAG = /^"dataset-([1-9]\d{0,15})"$/;

/** Names a dataset as it stands at a revision. */
export function datasetEtag(revision: Revision): string {
  return strongEtag(`dataset-${revision}`);
}

/**
 * Reads `If-Match` and `If-None-Match` of a command about a dataset. Weak tags and those of other things fit no revision:
 * RFC 9110 wants the strong comparison before a write.
 * @throws INVALID_REQUEST for what is neither `*` nor a list of at most 32 tags
 */
export function datasetPrecondition({
  header,
}: Pick<ParsedRequest<unknown, unknown, unknown>, 'header'>): {
  readonly precondition?: Precondition;
} {
  const match = revisionsOf('If-Match', header('if-match'));
  const noneMatch = revisionsOf('If-None-Match', header('if-none-match'));
  if (match === undefined && noneMatch === undefined) return {};
  return {
    precondition: {
      ...(match === undefined ? {} : { match }),
      ...(noneMatch === undefined ? {} : { noneMatch }),
    },
  };
}

function revisionsOf(name: string, value: string | undefined): RevisionMatch | undefined {
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
    const revision = Number(DATASET_TAG.exec(tag)?.[1]);
    return Number.isSafeInteger(revision) ? [toPosition(revision)] : [];
  });
}
