import { Readable } from 'node:stream';
import { z } from 'zod';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { parseSha256, type Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { type ManifestFile, manifestFile } from '#domain/manifest-document';
import { type Position, START, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import { byteRange } from '#http/byte-range';
import { matchesEtag, strongEtag } from '#http/conditional';
import { asOfCatalog } from '#http/consistency';
import { manifestSchema } from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Reply, type Route, route } from '#http/route';

// How far back a manifest is looked for by its digest: who read a catalog a moment ago finds what it named.
const REVISIONS_MAX = 32;
// Named by their digest, they never change.
const FOR_EVER = 'public, max-age=31536000, immutable';

/** The routes that serve this registry as a store: the layout of `docs/store-layout.md` under `/store/`. */
export function storeRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [manifest(dependencies), artifact(dependencies)];
}

function manifest(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/store/datasets/{name}/{sha256}.json',
    operationId: 'getStoreManifest',
    summary: 'Get a manifest as the file of a store',
    tag: 'store',
    params: z.strictObject({ name: z.string(), sha256: z.string() }),
    errors: [404],
    responses: {
      200: { description: 'The manifest', schema: manifestSchema },
      304: { description: 'It never changes' },
    },
    handle: async ({ params, scope, header }) => {
      const name = parseDatasetName(params.name);
      const sha256 = parseSha256(params.sha256);
      const position = await asOfCatalog(dependencies, { header, at: undefined });
      const file = findManifest(dependencies, { scope, name, sha256, position });
      if (file === undefined)
        throw notFound(`manifest "${sha256}" of dataset "${name}"`, 'a name and a digest');
      return notModified(header, sha256) ?? sent(sha256, { body: file.bytes });
    },
  });
}

function artifact({ artifacts }: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/store/artifacts/sha256/{prefix}/{sha256}',
    operationId: 'getStoreArtifact',
    summary: 'Get the bytes of an artifact, whole or a range of them',
    tag: 'store',
    params: z.strictObject({ prefix: z.string(), sha256: z.string() }),
    errors: [404, 416],
    responses: {
      200: { description: 'All bytes', contentType: 'application/octet-stream' },
      206: { description: 'The bytes of the range', contentType: 'application/octet-stream' },
      304: { description: 'It never changes' },
    },
    handle: async ({ params, header }, { method }) => {
      const sha256 = parseSha256(params.sha256);
      const stat = sha256.startsWith(params.prefix) ? await artifacts.stat(sha256) : undefined;
      if (stat === undefined || params.prefix.length !== 2)
        throw notFound(`artifact "${sha256}"`, 'the digest of a stored artifact');
      const unchanged = notModified(header, sha256);
      if (unchanged !== undefined) return unchanged;
      const { bytes } = stat;
      const range = byteRange(header, { bytes, etag: strongEtag(sha256) });
      if (range.kind === 'unsatisfiable') throw unsatisfiable(sha256, bytes);
      const [offset, length] = range.kind === 'part' ? [range.offset, range.length] : [0, bytes];
      const chunks = exactly(length, artifacts.read(sha256, { offset, length }));
      return sent(sha256, {
        status: range.kind === 'part' ? 206 : 200,
        contentType: 'application/octet-stream',
        headers: {
          'Accept-Ranges': 'bytes',
          // Browsers keep what somebody has uploaded under this name, and open nothing of it.
          'Content-Disposition': `attachment; filename="${sha256}"`,
          'Content-Length': String(length),
          ...(range.kind === 'part'
            ? { 'Content-Range': `bytes ${offset}-${offset + length - 1}/${bytes}` }
            : {}),
        },
        body: method === 'HEAD' ? undefined : Readable.from(chunks, { objectMode: false }),
      });
    },
  });
}

/** Passes on as many bytes as were announced. Throws where they end before: else the client waits for the rest. */
async function* exactly(
  length: number,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const chunk of chunks) {
    left -= chunk.length;
    yield chunk;
  }
  if (left !== 0) throw new Error(`${left} bytes of an artifact are missing`);
}

interface ManifestAt {
  readonly scope: Scope;
  readonly name: DatasetName;
  readonly sha256: Sha256;
  readonly position: Position;
}

/** Finds the revision of a dataset whose manifest has a digest, the newest first. */
function findManifest(
  { catalog }: HttpDependencies,
  { scope, name, sha256, position }: ManifestAt,
): ManifestFile | undefined {
  const { datasets } = catalog();
  let at = position;
  for (let looked = 0; looked < REVISIONS_MAX && at > START; looked += 1) {
    const row = datasets.find(scope, name, at);
    if (row === undefined) return undefined;
    const file = manifestFile(row.manifest);
    if (file.sha256 === sha256) return file;
    at = row.revision > 1 ? toPosition(row.revision - 1) : START;
  }
  return undefined;
}

function notModified(header: (name: string) => string | undefined, sha256: Sha256) {
  const etag = strongEtag(sha256);
  return matchesEtag(header('if-none-match'), etag)
    ? { status: 304, headers: { ETag: etag, 'Cache-Control': FOR_EVER } }
    : undefined;
}

function sent(sha256: Sha256, reply: Partial<Reply>): Reply {
  const headers = { ETag: strongEtag(sha256), 'Cache-Control': FOR_EVER, ...reply.headers };
  return { status: 200, ...reply, headers };
}

function notFound(what: string, want: string): RegistryError {
  return new RegistryError('NOT_FOUND', `Cannot find ${what}: it is not here (want ${want})`);
}

function unsatisfiable(sha256: Sha256, bytes: number): RegistryError {
  return new RegistryError(
    'RANGE_NOT_SATISFIABLE',
    `Cannot read artifact "${sha256}" from there on: it has ${bytes} bytes (want a range inside)`,
    { details: { bytes } },
  );
}
