import {
  complete,
  optional,
  type Part,
  readObject,
  readPairs,
  readParsed,
  readText,
} from '#domain/definition-reader';
import { quote, RegistryError } from '#domain/errors';

/** Where an action sends something over HTTP. Secrets are named; whoever runs the action knows them. */
export type ActionTarget = {
  /** Absent when `urlSecretName` is there. */
  readonly url?: string;
  /** Names the secret that is the URL itself, as those of chats are. */
  readonly urlSecretName?: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names the secret that requests are signed with. */
  readonly secretName?: string;
};

const URL_LENGTH_MAX = 2_000;
/** The most headers that a target has of its own. */
export const HEADERS_MAX = 20;
const HEADER_VALUE_MAX = 1_000;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const HEADER_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;
const SECRET_NAME = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
// These belong to the connection, or are set by whoever sends.
const SENDER_HEADERS = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const SAYS_SECRET = /auth(?!ors?\b)|cookie|token|secret|passw|api[-_]?key|signature|^sig$/i;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Reads a target: `url` or `urlSecretName`, and what goes with the requests. */
export function readTarget(part: Part): ActionTarget | undefined {
  const members = readObject(part, ['url', 'urlSecretName', 'headers', 'secretName']);
  if (members === undefined) return undefined;
  const url = optional(members.url, (one) => readParsed(one, parseTargetUrl));
  const urlSecretName = optional(members.urlSecretName, readSecretName);
  const named = [members.url, members.urlSecretName].filter(({ value }) => value !== undefined);
  if (named.length !== 1)
    part.faults.add(part.path, `names ${named.length} URLs (want url or urlSecretName)`);
  const secretName = optional(members.secretName, readSecretName);
  return complete({ headers: readHeaders(members.headers) }, { url, urlSecretName, secretName });
}

/**
 * Parses the URL of a target and gives it as it will be requested.
 * @throws INVALID_REQUEST for another scheme than https (http to this machine alone), user or password, a fragment, or a
 *   query parameter whose name says that it is a secret
 */
export function parseTargetUrl(text: string): string {
  if (text.length > URL_LENGTH_MAX) throw invalidUrl(text, `it has ${text.length} characters`);
  // A parser of URLs drops line breaks and spaces, so that two texts would be one target.
  if (!/^[!-~]+$/.test(text)) throw invalidUrl(text, 'it holds more than visible ASCII');
  if (!URL.canParse(text)) throw invalidUrl(text, 'it is not absolute');
  const url = new URL(text);
  const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) {
    throw invalidUrl(text, `it is ${url.protocol.slice(0, 20)} to ${quote(url.hostname)}`);
  }
  // Never shown again: the text itself holds what should not have been sent.
  if (url.username !== '' || url.password !== '') throw invalidUrl('...', 'it holds credentials');
  if (url.hash !== '') throw invalidUrl(text, 'it has a fragment');
  if ([...url.searchParams.keys()].some((name) => SAYS_SECRET.test(name)))
    throw invalidUrl('...', 'its query holds a secret');
  return url.href;
}

/** Reads the name by which a secret is known to whoever runs actions. */
function readSecretName(part: Part): string | undefined {
  return readText(part, {
    lengthMax: 63,
    pattern: SECRET_NAME,
    wanted: 'the name of a secret: 1 to 63 of a-z, 0-9, ".", "_", "/" and "-"',
  });
}

function readHeaders(part: Part): Readonly<Record<string, string>> {
  const seen = new Set<string>();
  const headers = readPairs(part, HEADERS_MAX, (name, pair) => {
    const lower = name.toLowerCase();
    const is = seen.has(lower) ? 'is there twice' : faultOfName(name);
    seen.add(lower);
    if (is !== undefined) {
      pair.faults.add(pair.path, `${is} (want another header)`);
      return undefined;
    }
    const rule = { lengthMax: HEADER_VALUE_MAX, pattern: HEADER_VALUE };
    const wanted = `1 to ${HEADER_VALUE_MAX} visible characters of ASCII, with spaces in between`;
    return readText(pair, { ...rule, wanted });
  });
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function faultOfName(name: string): string | undefined {
  if (!HEADER_NAME.test(name)) return 'is not 1 to 64 of A-Z, a-z, 0-9 and "-"';
  if (SENDER_HEADERS.has(name.toLowerCase())) return 'is set by the sender';
  return SAYS_SECRET.test(name) ? 'would hold a secret' : undefined;
}

function invalidUrl(text: string, is: string): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot use URL ${quote(text)}: ${is} (want https, or http to this machine, at most ${URL_LENGTH_MAX} characters, without credentials, secrets and fragment)`,
    { details: { field: 'url' }, outcome: 'not-applied' },
  );
}
