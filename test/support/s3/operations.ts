import type { IncomingHttpHeaders } from 'node:http';
import type { ListOptions, PartName, StoredObject, TestBucket } from '#test/support/s3/bucket';
import { element, escapeXml, S3Fault, xmlDocument } from '#test/support/s3/fault';

/** A request that was signed rightly, read whole. */
export interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface S3Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Does what a request to a bucket or to an object asks. @throws S3Fault */
export function answer(bucket: TestBucket, request: S3Request): S3Reply {
  return request.key === '' ? answerBucket(bucket, request) : answerObject(bucket, request);
}

function answerBucket(bucket: TestBucket, { method, query }: S3Request): S3Reply {
  if (method !== 'GET') throw new S3Fault(405, 'MethodNotAllowed');
  if (query.has('uploads')) return listUploads(bucket);
  if (query.get('list-type') !== '2') throw new S3Fault(501, 'NotImplemented');
  const token = query.get('continuation-token');
  const options = {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: token === null ? (query.get('start-after') ?? '') : fromToken(token),
    keysMax: Math.min(1_000, Number(query.get('max-keys') ?? 1_000)),
  };
  return listObjects(bucket, options);
}

function answerObject(bucket: TestBucket, request: S3Request): S3Reply {
  const { method, key, query, body } = request;
  const upload = query.get('uploadId');
  switch (method) {
    case 'GET':
    case 'HEAD':
      return read(bucket.get(key), request);
    case 'PUT':
      if (upload !== null) {
        const { etag } = bucket.putPart(upload, Number(query.get('partNumber')), body);
        return { status: 200, headers: { ETag: etag } };
      }
      return { status: 200, headers: { ETag: bucket.put(key, body, mustBeNew(request)).etag } };
    case 'POST':
      if (upload !== null) return complete(bucket, request, upload);
      if (!query.has('uploads')) throw new S3Fault(501, 'NotImplemented');
      return xml('InitiateMultipartUploadResult', element('UploadId', bucket.begin(key)));
    case 'DELETE':
      if (upload === null) bucket.objects.delete(key);
      else bucket.abort(upload);
      return { status: 204 };
    default:
      throw new S3Fault(405, 'MethodNotAllowed');
  }
}

function mustBeNew({ headers }: S3Request): boolean {
  const condition = headers['if-none-match'];
  if (condition === undefined) return false;
  if (condition === '*') return true;
  throw new S3Fault(501, 'NotImplemented', 'A put takes no other If-None-Match than *');
}

function read(object: StoredObject, { headers, method }: S3Request): S3Reply {
  const { bytes, etag } = object;
  const shared = {
    ETag: etag,
    'Last-Modified': object.modified.toUTCString(),
    'Accept-Ranges': 'bytes',
  };
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && match !== etag && match !== '*')
    throw new S3Fault(412, 'PreconditionFailed');
  if (noneMatch === etag || noneMatch === '*') return { status: 304, headers: shared };
  const range = rangeOf(headers.range, bytes.length);
  const part = range === undefined ? bytes : bytes.subarray(range.first, range.last + 1);
  const length = { 'Content-Length': String(part.length), 'Content-Type': 'binary/octet-stream' };
  const body = method === 'HEAD' ? {} : { body: part };
  if (range === undefined) return { status: 200, headers: { ...shared, ...length }, ...body };
  const contentRange = `bytes ${range.first}-${range.last}/${bytes.length}`;
  return { status: 206, headers: { ...shared, ...length, 'Content-Range': contentRange }, ...body };
}

interface ByteRange {
  readonly first: number;
  readonly last: number;
}

function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const isSuffix = from === '';
  const first = isSuffix ? Math.max(0, size - Number(to)) : Number(from);
  const last = isSuffix || to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (first >= size || last < first) throw new S3Fault(416, 'InvalidRange');
  return { first, last };
}

function complete(bucket: TestBucket, request: S3Request, upload: string): S3Reply {
  const names: PartName[] = [];
  for (const [, part = ''] of request.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)) {
    const number = Number(/<PartNumber>(\d+)</.exec(part)?.[1]);
    const etag = /<ETag>(.*?)</.exec(part)?.[1] ?? '';
    names.push({ number, etag: etag.replaceAll('&quot;', '"') });
  }
  const { etag } = bucket.complete(upload, names, mustBeNew(request));
  return xml('CompleteMultipartUploadResult', element('ETag', escapeXml(etag)));
}

function listUploads(bucket: TestBucket): S3Reply {
  const uploads = [...bucket.uploads].map(([id, { key }]) =>
    element('Upload', element('Key', escapeXml(key)) + element('UploadId', id)),
  );
  return xml('ListMultipartUploadsResult', uploads.join(''));
}

function listObjects(bucket: TestBucket, options: ListOptions): S3Reply {
  const { keys, prefixes, next } = bucket.list(options);
  const contents = keys.map((key) => {
    const { etag, bytes, modified } = bucket.get(key);
    const facts = element('ETag', escapeXml(etag)) + element('Size', String(bytes.length));
    const date = element('LastModified', modified.toISOString());
    return element('Contents', element('Key', escapeXml(key)) + date + facts);
  });
  const common = prefixes.map((name) =>
    element('CommonPrefixes', element('Prefix', escapeXml(name))),
  );
  const page = element('IsTruncated', String(next !== undefined));
  const token = next === undefined ? '' : element('NextContinuationToken', toToken(next));
  const count = element('KeyCount', String(keys.length + prefixes.length));
  return xml('ListBucketResult', page + token + count + contents.join('') + common.join(''));
}

function toToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}

function xml(name: string, content: string): S3Reply {
  const headers = { 'Content-Type': 'application/xml' };
  return { status: 200, headers, body: xmlDocument(name, content) };
}
