import {
  ClientError,
  ForbiddenError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
  UnexpectedAnswerError,
  UnreachableError,
} from '#api-client/errors';

/** Says what to do about an error of a registry; nothing where its message says it all. `key` is that of the command, if it has one. */
export function nextStepAfter(error: unknown, key?: string): string | undefined {
  if (error instanceof ClientError && error.outcome === 'unknown' && key !== undefined)
    return `it may have been done: run it again with the same --idempotency-key ${key}`;
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
  if (error instanceof UnavailableError && error.code === 'FROZEN')
    return 'see docs/runbooks/frozen.md';
  if (error instanceof UnavailableError) return 'try again, or look at /readyz of the registry';
  return undefined;
}
