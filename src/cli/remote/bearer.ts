import { variable } from '#cli/command/environment';
import { CommandFault, EXIT } from '#cli/command/exit-code';

const TOKEN = /^[A-Za-z0-9._~+/=-]{1,8192}$/;

/** Gives the token in `ATLAS_TOKEN`, or none. @throws CommandFault for what is no token */
export function bearerToken(): string | undefined {
  const token = variable('ATLAS_TOKEN');
  return token === undefined ? undefined : checkToken(token, 'ATLAS_TOKEN');
}

/** Gives a token back that can be sent. @throws CommandFault for what is no token: it names where it came from, and not the token */
export function checkToken(token: string, from: string): string {
  // Whoever sends a header that cannot be one is told of it, value and all.
  if (TOKEN.test(token)) return token;
  throw new CommandFault(
    EXIT.usage,
    `Cannot use ${from}: it is no bearer token (want letters, digits and . _ ~ + / = -)`,
  );
}

/** Tells whether `ATLAS_TOKEN` is set. */
export function hasToken(): boolean {
  return variable('ATLAS_TOKEN') !== undefined;
}
