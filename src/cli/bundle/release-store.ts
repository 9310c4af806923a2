import { z } from 'zod';
import { ResponseError } from '#api-client/errors';
import type { Release } from '#cli/bundle/build-release';
import {
  datasetOf,
  RELEASE_FILE_NAMES,
  RELEASE_FILES,
  type ReleaseFileName,
  type ReleaseFiles,
  SCHEMA_FINGERPRINT,
  sha256Hex,
} from '#cli/bundle/release-format';
import { parseAnswer } from '#cli/contract/contract-registry';
import { AnswerTooLarge, type RegistryClient } from '#cli/remote/registry-client';

const datasetSchema = z.looseObject({
  objects: z.array(
    z.looseObject({
      key: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.number().int().min(0),
    }),
  ),
});

/** A release as a registry stores it: a dataset whose objects are the files. */
export interface StoredRelease {
  readonly etag: string;
  /** The position that the read showed: nothing that is true can be newer. */
  readonly position: number;
  readonly objects: z.output<typeof datasetSchema>['objects'];
}

/** Stored bytes that are not what their names say. */
export class DamagedRelease extends Error {
  override readonly name = 'DamagedRelease';
}

/** Four files need far less: what is larger is another dataset. */
const DATASET_BYTES_MAX = 1_024 * 1_024;

const MEDIA_TYPES: Readonly<Record<ReleaseFileName, string>> = {
  'bundle.json': 'application/json',
  'bundle.sha256': 'text/plain',
  'manifest.json': 'application/json',
  'manifest.sig': 'text/plain',
};

/** Finds a release by its tag or an alias. @throws DamagedRelease, ResponseError for anything but "there is none" */
export async function findRelease(
  client: RegistryClient,
  name: string,
): Promise<StoredRelease | undefined> {
  const path = `/registry/datasets/${encodeURIComponent(datasetOf(name))}`;
  try {
    const options = { method: 'GET', answerBytesMax: DATASET_BYTES_MAX } as const;
    const { headers, bytes } = await client.ask(path, options);
    const { objects } = parseAnswer(datasetSchema, path, bytes);
    const etag = headers.get('etag') ?? '';
    return { etag, objects, position: Number(headers.get('atlas-position') ?? 0) };
  } catch (error) {
    if (error instanceof AnswerTooLarge)
      throw new DamagedRelease('its dataset is no release', { cause: error });
    // A 404 without a code is not from a registry: something else answers in its place.
    if (error instanceof ResponseError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Downloads one file of a release and checks its digest. Nothing over the limit of the file is read.
 * @throws DamagedRelease when there is no such file, or another one
 */
export async function downloadFile(
  client: RegistryClient,
  { objects }: StoredRelease,
  name: ReleaseFileName,
): Promise<Uint8Array> {
  const bytesMax = RELEASE_FILES[name];
  const object = objects.find(({ key }) => key === name);
  if (object === undefined) throw new DamagedRelease(`there is no ${name}`);
  const { sha256, bytes: size } = object;
  if (size > bytesMax)
    throw new DamagedRelease(`${name} has ${size} bytes (want at most ${bytesMax})`);
  try {
    const path = `/store/artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
    const { bytes } = await client.ask(path, { method: 'GET', answerBytesMax: size });
    const digest = sha256Hex(bytes);
    if (digest === sha256) return bytes;
    throw new DamagedRelease(`${name} has SHA-256 ${digest} (want ${sha256})`);
  } catch (error) {
    if (error instanceof AnswerTooLarge)
      throw new DamagedRelease(`${name} is larger than its ${size} bytes`, { cause: error });
    if (error instanceof ResponseError && error.code === 'NOT_FOUND')
      throw new DamagedRelease(`${name} is not in the store`, { cause: error });
    throw error;
  }
}

/** Downloads all files of a release, one after the other. @throws DamagedRelease */
export async function downloadRelease(
  client: RegistryClient,
  stored: StoredRelease,
): Promise<ReleaseFiles> {
  const entries: [ReleaseFileName, Uint8Array][] = [];
  for (const name of RELEASE_FILE_NAMES)
    entries.push([name, await downloadFile(client, stored, name)]);
  return Object.fromEntries(entries) as ReleaseFiles;
}

/** Uploads the files of a release under their digests. What is there already stays. */
export async function uploadFiles(client: RegistryClient, { files }: Release): Promise<void> {
  for (const name of RELEASE_FILE_NAMES) {
    const bytes = files[name];
    await client.send(`/registry/artifacts/${sha256Hex(bytes)}`, {
      method: 'PUT',
      stream: { bytes },
    });
  }
}

/**
 * Registers a release under a tag or an alias, if that is still as it was read.
 * @param etag of what was read; `undefined` where nothing was there
 * @returns whether it was so still
 */
export async function registerRelease(
  client: RegistryClient,
  { files, manifest }: Release,
  { name, etag }: { readonly name: string; readonly etag: string | undefined },
): Promise<boolean> {
  const objects = RELEASE_FILE_NAMES.map((key) => ({
    key,
    sha256: sha256Hex(files[key]),
    bytes: files[key].length,
    media_type: MEDIA_TYPES[key],
  }));
  try {
    await client.send('/registry/datasets', {
      method: 'POST',
      headers: etag === undefined ? { 'If-None-Match': '*' } : { 'If-Match': etag },
      body: {
        name: datasetOf(name),
        schema_fingerprint: SCHEMA_FINGERPRINT,
        objects,
        row_count: manifest.contracts,
      },
    });
    return true;
  } catch (error) {
    if (error instanceof ResponseError && error.status === 412) return false;
    throw error;
  }
}
