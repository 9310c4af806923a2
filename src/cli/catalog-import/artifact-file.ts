import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ResponseError, readError } from '#api-client/errors';
import type { ImportedFile } from '#cli/catalog-import/manifest-folder';
import type { RegistryClient } from '#cli/remote/registry-client';

/** A registry and the signal that ends what is under way there. */
export interface ArtifactTarget {
  readonly client: Pick<RegistryClient, 'fetch' | 'bearerHeaders'>;
  /** The URL, with the scope where it is not the default. */
  readonly base: string;
  readonly signal: AbortSignal;
}

const HEAD_TIMEOUT_MS = 30_000;
// How long nothing may move before an upload is given up; how long it takes in all depends on the artifact.
const STALL_TIMEOUT_MS = 120_000;
const CHUNK_BYTES = 1_024 * 1_024;

/** Asks whether a registry has an artifact. */
export async function isStored(
  { sha256 }: ImportedFile,
  { client, base, signal }: ArtifactTarget,
): Promise<boolean> {
  const url = `${base}/store/artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
  const response = await client.fetch(url, {
    method: 'HEAD',
    headers: client.bearerHeaders(),
    signal: AbortSignal.any([signal, AbortSignal.timeout(HEAD_TIMEOUT_MS)]),
  });
  if (!response.ok && response.status !== 404) throw new ResponseError(response.status, {});
  return response.ok;
}

/** Looks whether a store's folder holds an artifact, and hashes it. */
export async function checkArtifact(
  artifact: ImportedFile,
  { store, signal }: { readonly store: string; readonly signal: AbortSignal },
): Promise<'intact' | 'damaged' | 'missing'> {
  const file = await openArtifact(store, artifact).catch(() => undefined);
  if (file === undefined) return 'missing';
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size !== artifact.bytes) return 'damaged';
    const hash = createHash('sha256');
    const chunks = file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false });
    await pipeline(chunks, hash, { signal });
    return hash.digest('hex') === artifact.sha256 ? 'intact' : 'damaged';
  } finally {
    await file.close();
  }
}

/** Uploads an artifact of a store's folder, chunk by chunk. @throws ResponseError */
export async function uploadArtifact(
  artifact: ImportedFile,
  { store, client, base, signal }: ArtifactTarget & { readonly store: string },
): Promise<void> {
  const file = await openArtifact(store, artifact);
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error('the upload stalled')), STALL_TIMEOUT_MS);
  try {
    const body = chunksOf(file, () => timer.refresh());
    const request: RequestInit & { readonly duplex: 'half' } = {
      method: 'PUT',
      headers: { ...client.bearerHeaders(), 'Content-Type': 'application/octet-stream' },
      body,
      duplex: 'half',
      signal: AbortSignal.any([signal, stalled.signal]),
    };
    const response = await client.fetch(`${base}/registry/artifacts/${artifact.sha256}`, request);
    if (!response.ok) throw await readError(response);
    await response.text();
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, onChunk: () => void): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    onChunk();
    yield buffer.subarray(0, bytesRead);
  }
}

async function openArtifact(store: string, { sha256 }: ImportedFile): Promise<FileHandle> {
  const path = join(store, 'artifacts', 'sha256', sha256.slice(0, 2), sha256);
  return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
