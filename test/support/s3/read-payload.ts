import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Fault } from '#test/support/s3/fault';
import { type Signed, sha256, signChunk } from '#test/support/s3/signature';

const BODY_BYTES_MAX = 256 * 1_048_576;

/** Reads the body of a request and checks everything that its headers say of it. @throws S3Fault 400 */
export async function readPayload(request: IncomingMessage, signed: Signed): Promise<Buffer> {
  const raw = await readAll(request);
  const { contentSha256 } = signed;
  if (!contentSha256.startsWith('STREAMING-')) {
    if (contentSha256 !== 'UNSIGNED-PAYLOAD' && contentSha256 !== sha256(raw))
      throw new S3Fault(400, 'XAmzContentSHA256Mismatch');
    checkBody(raw, request.headers);
    return raw;
  }
  const { body, trailers } = decodeChunked(raw, signed);
  if (Number(request.headers['x-amz-decoded-content-length']) !== body.length)
    throw new S3Fault(400, 'IncompleteBody');
  checkBody(body, { ...request.headers, ...trailers });
  return body;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new S3Fault(400, 'EntityTooLarge');
    chunks.push(chunk);
  }
  const { 'content-length': length, 'x-amz-decoded-content-length': decoded } = request.headers;
  if (length === undefined && decoded === undefined && request.method === 'PUT')
    throw new S3Fault(411, 'MissingContentLength');
  return Buffer.concat(chunks);
}

interface Decoded {
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

/** Takes the framing of `aws-chunked` off: `<size in hex>[;chunk-signature=...]`, the bytes, and trailers at the end. */
function decodeChunked(raw: Buffer, signed: Signed): Decoded {
  const chunks: Buffer[] = [];
  const isSigned = signed.contentSha256.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  let [at, before] = [0, signed.signature];
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const [, hex = '', signature] =
      /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(raw.toString('latin1', at, end)) ??
      [];
    const size = Number.parseInt(hex, 16);
    const chunk = raw.subarray(end + 2, end + 2 + size);
    if (end < 0 || hex === '' || chunk.length !== size) throw new S3Fault(400, 'IncompleteBody');
    if (isSigned && signature !== signChunk(signed, before, chunk))
      throw new S3Fault(403, 'SignatureDoesNotMatch');
    before = signature ?? before;
    at = end + 2 + size;
    if (size === 0) return { body: Buffer.concat(chunks), trailers: readTrailers(raw, at) };
    if (raw.toString('latin1', at, at + 2) !== '\r\n') throw new S3Fault(400, 'IncompleteBody');
    chunks.push(chunk);
    at += 2;
  }
}

function readTrailers(raw: Buffer, at: number): Readonly<Record<string, string>> {
  const lines = raw.toString('latin1', at).split('\r\n');
  const pairs = lines.filter((line) => line.includes(':')).map((line) => line.split(':'));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.trim(), value.trim()]));
}

const CHECKS: Readonly<Record<string, (body: Buffer) => string>> = {
  'content-md5': (body) => createHash('md5').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
  'x-amz-checksum-crc32': (body) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return sum.toString('base64');
  },
};

function checkBody(body: Buffer, headers: Readonly<Record<string, unknown>>): void {
  for (const [name, compute] of Object.entries(CHECKS)) {
    if (headers[name] !== undefined && headers[name] !== compute(body))
      throw new S3Fault(400, 'BadDigest');
  }
}
