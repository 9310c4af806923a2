import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { DatasetAnswer } from '#cache/dataset-reader';
import type { ServedDataset } from '#cache/served-dataset';
import type { DatasetName } from '#domain/dataset-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import { matchesEtag } from '#http/conditional';
import { jsonLines, wantsLines } from '#http/json-lines';
import type { Reply } from '#http/route';
import { VARY as SCOPE_VARY } from '#http/scope';
import type { CursorOwner, CursorValue, SignedCursors } from '#http/signed-cursor';

const compress = promisify(gzip);
// Named by every tag: a release that writes rows otherwise counts it up, so that nobody goes on with old ones.
const ROWS_VERSION = 'r1';
// Below, a header of gzip and a thread cost more than the bytes.
const COMPRESS_BYTES_MIN = 4_096;

/** For addresses that name the artifact: what they give never changes. */
const PINNED = 'public, max-age=31536000, immutable';
/** For addresses that name the dataset: it may be published anew. */
export const UNPINNED = 'public, max-age=30, stale-while-revalidate=30';

/** What the answer to a request for rows depends on beside its address. */
export const VARY = `Accept, Accept-Encoding, ${SCOPE_VARY}`;

/** One request for rows of a dataset, as far as its answer depends on it. */
export interface AnswerRequest {
  readonly dataset: ServedDataset;
  /** Everything that the rows depend on but the artifact, the cursor and the page size: canonical. */
  readonly query: string;
  readonly cursor: string | undefined;
  /** What beside the artifact says how it is read, and may change without it; nothing when absent. */
  readonly reading?: string;
  /** The artifact that the client wants, if it says so. */
  readonly pinned: string | undefined;
  readonly header: (name: string) => string | undefined;
}

/** Refuses a request for another artifact than the dataset has. @throws NOT_FOUND */
export function checkPinned({ name, entry }: ServedDataset, pinned: string | undefined): void {
  const { sha256 } = entry.artifact;
  if (pinned === undefined || pinned === sha256) return;
  throw new RegistryError(
    'NOT_FOUND',
    `Cannot read artifact ${quote(pinned)} of dataset ${quote(name)}: it is not the one that is published (want "${sha256}", or no artifact)`,
    { details: { name, artifact: sha256 } },
  );
}

/** Gives the reply to a client that has these rows already, before anything is read; `undefined` when it has not. */
export function notModified(request: AnswerRequest): Reply | undefined {
  const asked = request.header('if-none-match');
  if (asked === undefined) return undefined;
  const plain = etagOf(request, request.dataset.entry.artifact.sha256);
  const etag = [plain, compressedTag(plain)].find((tag) => matchesEtag(asked, tag));
  if (etag === undefined) return undefined;
  const headers = { ETag: etag, 'Cache-Control': cacheControl(request), Vary: VARY };
  return { status: 304, headers };
}

/**
 * Reads the sort key of the page that a request wants from the artifact that answers. While a new artifact is on its way it is
 * the older one: a list that was begun with it goes on.
 * @throws INVALID_CURSOR, NOT_CACHED for a cursor of the new artifact while the older one answers
 */
export function fromCursor(
  request: AnswerRequest,
  artifact: Sha256,
  cursors: SignedCursors,
): { readonly from?: readonly CursorValue[] } {
  const { cursor, dataset } = request;
  if (cursor === undefined) return {};
  try {
    return { from: cursors.decode(ownerOf(request, artifact), cursor) };
  } catch (error) {
    const { sha256 } = dataset.entry.artifact;
    if (artifact === sha256) throw error;
    cursors.decode(ownerOf(request, sha256), cursor);
    throw new RegistryError(
      'NOT_CACHED',
      `Cannot go on in dataset ${quote(dataset.name)}: artifact "${sha256}" is on its way (want a later try)`,
      { retryAfterSeconds: 1 },
    );
  }
}

/** Sends a page of rows as JSON, or as one row a line where the client prefers that. */
export async function pageReply(
  request: AnswerRequest,
  { page, artifact }: DatasetAnswer,
  { cursors, url }: { readonly cursors: SignedCursors; readonly url: string },
): Promise<Reply> {
  const next =
    page.next === undefined ? undefined : cursors.encode(ownerOf(request, artifact), page.next);
  const isLines = wantsLines(request.header('accept'));
  const headers = {
    ETag: etagOf(request, artifact),
    'Cache-Control': cacheControl(request),
    ...(isLines ? { 'Atlas-Artifact': artifact } : {}),
    ...(next === undefined ? {} : { Link: `<${withCursor(url, next)}>; rel="next"` }),
  };
  const body = isLines
    ? jsonLines(page.rows)
    : jsonBody({ name: request.dataset.name, artifact }, page.rows, next);
  const contentType = isLines ? 'application/x-ndjson' : 'application/json';
  return await compressed({ status: 200, headers, body, contentType }, request.header);
}

/**
 * Names the answer to a request, before anything is read. The address says what is asked for, so that the artifact and the
 * form are all that is left.
 */
export function answerTag(
  artifact: Sha256,
  {
    form = 'json',
    reading = '',
  }: { readonly form?: 'json' | 'lines'; readonly reading?: string } = {},
): string {
  const read = reading === '' ? '' : `-${sha256Of(reading).slice(0, 8)}`;
  return `"${artifact}.${ROWS_VERSION}${read}${form === 'json' ? '' : '-lines'}"`;
}

/** Writes a page as JSON. */
export function jsonBody(
  { name, artifact }: { readonly name: DatasetName; readonly artifact: Sha256 },
  rows: string,
  next?: string,
): string {
  const more = next === undefined ? '' : `,"next_cursor":"${next}"`;
  return `{"dataset":"${name}","artifact":"${artifact}","rows":${rows}${more}}`;
}

/** Compresses the text of a reply where that is worth it and the client takes it. */
export async function compressed(
  reply: Reply & { readonly body: string },
  header: (name: string) => string | undefined,
): Promise<Reply> {
  const { body, headers = {} } = reply;
  const vary = { ...headers, Vary: VARY };
  if (body.length < COMPRESS_BYTES_MIN || !acceptsGzip(header('accept-encoding')))
    return { ...reply, headers: vary };
  const etag = headers['ETag'];
  return {
    ...reply,
    body: await compress(body, { level: 1 }),
    headers: {
      ...vary,
      'Content-Encoding': 'gzip',
      // Other bytes need another strong tag; both are recognised.
      ...(etag === undefined ? {} : { ETag: compressedTag(etag) }),
    },
  };
}

function compressedTag(etag: string): string {
  return etag.replace(/"$/, '-gz"');
}

function etagOf(request: AnswerRequest, artifact: Sha256): string {
  return answerTag(artifact, {
    form: wantsLines(request.header('accept')) ? 'lines' : 'json',
    ...(request.reading === undefined ? {} : { reading: request.reading }),
  });
}

function ownerOf({ query }: AnswerRequest, artifact: Sha256): CursorOwner {
  return { artifact, query };
}

function cacheControl({ pinned, reading }: AnswerRequest): string {
  return pinned === undefined || reading !== undefined ? UNPINNED : PINNED;
}

function withCursor(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters.toString()}`;
}

function acceptsGzip(accepted: string | undefined): boolean {
  return accepted !== undefined && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accepted);
}
