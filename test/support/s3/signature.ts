import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Fault } from '#test/support/s3/fault';

export interface TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request whose signature was right. What its body has to be is said by `contentSha256`. */
export interface Signed {
  readonly key: Buffer;
  readonly date: string;
  readonly scope: string;
  readonly signature: string;
  /** A digest, or one of the words `UNSIGNED-PAYLOAD` and `STREAMING-...`. */
  readonly contentSha256: string;
}

const SKEW_MS_MAX = 900_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** Checks the signature of a request (AWS Signature Version 4, in the header). @throws S3Fault 403 or 400 */
export function verifySignature(request: IncomingMessage, credentials: TestCredentials): Signed {
  const header = request.headers.authorization;
  if (header === undefined) throw new S3Fault(403, 'AccessDenied', 'The request is anonymous');
  const [, accessKeyId, day, region, names = '', signature = ''] = AUTHORIZATION.exec(header) ?? [];
  if (accessKeyId === undefined) throw new S3Fault(400, 'AuthorizationHeaderMalformed');
  if (accessKeyId !== credentials.accessKeyId) throw new S3Fault(403, 'InvalidAccessKeyId');
  const date = one(request, 'x-amz-date');
  checkDate(date, day ?? '');
  const contentSha256 = one(request, 'x-amz-content-sha256');
  const signedNames = names.split(';');
  checkSignedNames(request, signedNames);
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(request, signedNames))];
  const key = ['aws4_request', 's3', region ?? '', day ?? ''].reduceRight<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const expected = hmac(key, toSign.join('\n'));
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex')))
    throw new S3Fault(403, 'SignatureDoesNotMatch');
  return { key, date, scope, signature, contentSha256 };
}

/** Computes the signature of one chunk of a body that is signed chunk by chunk. */
export function signChunk(signed: Signed, before: string, chunk: Uint8Array): string {
  const { key, date, scope } = signed;
  const toSign = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, before, sha256(''), sha256(chunk)];
  return hmac(key, toSign.join('\n')).toString('hex');
}

/** Computes a SHA-256 in hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function checkDate(date: string, day: string): void {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const ms = Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
  if (!date.startsWith(day) || !(Math.abs(Date.now() - ms) <= SKEW_MS_MAX))
    throw new S3Fault(403, 'RequestTimeTooSkewed');
}

/** The host and all that S3 reads must be signed, or it could be changed on the way. */
function checkSignedNames(request: IncomingMessage, signedNames: readonly string[]): void {
  const wanted = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'));
  if (['host', ...wanted].some((name) => !signedNames.includes(name)))
    throw new S3Fault(403, 'AccessDenied', 'There were headers which were not signed');
}

function canonical(request: IncomingMessage, signedNames: readonly string[]): string {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const headers = signedNames.map(
    (name) => `${name}:${one(request, name).trim().replaceAll(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    path.split('/').map(recode).join('/'),
    canonicalQuery(query),
    headers.join(''),
    signedNames.join(';'),
    one(request, 'x-amz-content-sha256'),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split('=');
    return [recode(name), recode(value)] as const;
  });
  return pairs
    .toSorted(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
}

function recode(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function one(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  if (typeof value === 'string') return value;
  throw new S3Fault(400, 'InvalidRequest', `Missing required header: ${name}`);
}
