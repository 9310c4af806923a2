import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest } from '#domain/dataset';
import { type DatasetId, parseDatasetName } from '#domain/dataset-name';
import { parseSha256, sha256Of } from '#domain/digest';
import type { ManifestDocument } from '#domain/manifest-document';
import { parseScope } from '#domain/scope';
import { encodeManifest } from '#projections/manifest-files/manifest-parquet';
import { manifestFilePath } from '#projections/manifest-files/manifest-path';
import type { Api } from '#test/support/api';

/** A manifest without the times, which an import does not keep. */
type Timeless = Omit<ManifestDocument, 'created_at' | 'updated_at' | 'published_at'>;

/** The path of a scope in front of the routes. */
export function inTenant(tenant: string): string {
  return `/tenants/${tenant}/environments/dev`;
}

/** Fills a tenant with six datasets: each status, objects that were replaced, names that could meet as paths. */
export async function seedDatasets(api: Api, tenant: string): Promise<void> {
  const prefix = inTenant(tenant);
  const register = async (name: string, objects: readonly object[], rowCount: number | null) =>
    await api.post(`${prefix}/registry/datasets`, {
      name,
      schema_fingerprint: `sha256:${name}`,
      objects,
      row_count: rowCount,
    });
  const publish = async (name: string): Promise<void> => {
    const bytes = Buffer.from(`the bytes of ${tenant}/${name}`);
    const artifact = { key: 'data.sqlite', sha256: sha256Of(bytes), bytes: bytes.length };
    const put = { method: 'PUT', raw: bytes } as const;
    await api.send(`${prefix}/registry/artifacts/${artifact.sha256}`, put);
    await register(name, [{ ...artifact, media_type: 'application/vnd.sqlite3' }], 7);
    const path = `${prefix}/registry/datasets/${encodeURIComponent(name)}/publish`;
    const { status } = await api.post(path, { artifact });
    if (status !== 200) throw new Error(`Could not publish ${name}: ${status}`);
  };
  const notes = { key: 'notes.txt', sha256: sha256Of('notes'), bytes: 5 };
  await register('a', [], null);
  await register('a.parquet/b', [notes], 0);
  for (const name of ['110/homo_sapiens/GRCh38', 'drawn', 'replaced', 'replaced/drawn'])
    await publish(name);
  for (const name of ['drawn', 'replaced/drawn'])
    await api.post(`${prefix}/registry/datasets/${encodeURIComponent(name)}/withdraw`, {});
  for (const name of ['replaced', 'replaced/drawn']) await register(name, [notes], 1);
}

/** Lists what a tenant holds, without times. */
export async function manifestsOf(api: Api, tenant: string): Promise<readonly Timeless[]> {
  const { json } = await api.get(`${inTenant(tenant)}/registry/datasets?limit=1000`);
  return (json.datasets as ManifestDocument[]).map(
    ({ created_at: _created, updated_at: _updated, published_at: _published, ...rest }) => rest,
  );
}

/** Writes the manifests of a tenant into a store's folder, as the projection does. Gives their paths. */
export async function exportManifests(
  api: Api,
  { tenant, store }: { readonly tenant: string; readonly store: string },
): Promise<readonly string[]> {
  const scope = parseScope(tenant, 'dev');
  const { json } = await api.get(`${inTenant(tenant)}/registry/datasets?limit=1000`);
  return (json.datasets as ManifestDocument[]).map((document) => {
    const manifest = toManifest(document);
    const path = join(store, manifestFilePath({ scope, name: manifest.name }));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, encodeManifest(manifest, scope));
    return path;
  });
}

function toManifest(document: ManifestDocument): Manifest {
  const { artifact, published_at: publishedAt } = document;
  const manifest: Manifest = {
    datasetId: document.dataset_id as DatasetId,
    name: parseDatasetName(document.name),
    schemaFingerprint: document.schema_fingerprint,
    objects: document.objects.map(({ key, sha256, bytes, media_type: mediaType }) => {
      const digest = parseSha256(sha256);
      return mediaType === undefined
        ? { key, sha256: digest, bytes }
        : { key, sha256: digest, bytes, mediaType };
    }),
    rowCount: document.row_count,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    status: document.status,
  };
  return artifact === undefined || publishedAt === undefined
    ? manifest
    : { ...manifest, artifact, publishedAt };
}
