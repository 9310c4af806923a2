import {
  ForbiddenError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
  UnexpectedAnswerError,
  UnreachableError,
} from '#api-client/errors';

/** Says what to do about an error of a registry; nothing where its message says it all. */
export function nextStepAfter(error: unknown): string | undefined {
  if (error instanceof UnreachableError)
    return 'start one with "atlas-registry serve", or name another with --url';
  if (error instanceof UnexpectedAnswerError)
    return 'name the address of the registry itself with --url, or in a profile';
  if (error instanceof UnauthenticatedError)
    return 'put a token or an API key for this registry into ATLAS_TOKEN, or into a profile: "atlas-registry profile set --help"';
  if (error instanceof ForbiddenError && error.code === 'READ_ONLY')
    return 'name a node that writes with --url';
  if (error instanceof ForbiddenError) return 'use a token or an API key that allows it';
  if (error instanceof NotFoundError && error.code === 'NOT_FOUND')
    return 'look at what there is with "list", or name another scope with --tenant and --environment';
  if (error instanceof UnavailableError && error.outcome === 'unknown')
    return 'run it again with the same --idempotency-key to find out whether it was done';
  if (error instanceof UnavailableError && error.code === 'FROZEN')
    return 'see docs/runbooks/frozen.md';
  if (error instanceof UnavailableError) return 'try again, or look at /readyz of the registry';
  return undefined;
}
