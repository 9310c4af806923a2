import { TargetRefused } from '#workers/outbound';

/** Why a request to somebody else's server was not answered, as far as anybody may know. */
export interface RequestFailure {
  readonly detail: string;
  /** Whether it was never sent, because its target must not be called. */
  readonly isRefused: boolean;
}

/** Describes what a request failed with: messages of connections may name parts of a URL that is a secret, their codes do not. */
export function requestFailureOf(error: unknown): RequestFailure {
  const refused = refusalIn(error);
  if (refused !== undefined) return { detail: refused.message, isRefused: true };
  const { code = 'no code' } = error as NodeJS.ErrnoException;
  return { detail: `The request failed: ${code}`, isRefused: false };
}

/** Finds the refusal of an address in what a connection failed with. */
function refusalIn(error: unknown): TargetRefused | undefined {
  if (error instanceof TargetRefused) return error;
  if (error instanceof AggregateError) {
    const found = error.errors.find((one) => one instanceof TargetRefused);
    if (found !== undefined) return found;
  }
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : undefined;
}
