import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson } from '#domain/canonical-json';
import { datasetIdOf, parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { DEFAULT_SCOPE } from '#domain/scope';
import { type StoreEntry, writeCatalog } from '#stores/catalog-document';
import { artifactPath, CATALOG_DIGEST_PATH, CATALOG_PATH, manifestPath } from '#stores/layout';
import type { ArtifactRef } from '#stores/store';

const TIME = '2026-01-01T00:00:00.000Z';

/** A store as files in a folder, for backends to serve. */
export class StoreFolder {
  readonly path: string;
  #entries: StoreEntry[] = [];
  #seconds = Date.parse(TIME) / 1_000;

  constructor(path: string) {
    this.path = path;
    this.writeCatalog();
  }

  /** Publishes a dataset with one artifact of these bytes. */
  add(text: string, bytes: Uint8Array): StoreEntry {
    const ref = { sha256: sha256Of(bytes), bytes: bytes.length };
    this.write(artifactPath(ref.sha256), bytes);
    return this.addEntry(text, ref);
  }

  /** Publishes a dataset whose artifact is written by somebody else. */
  addEntry(text: string, ref: ArtifactRef): StoreEntry {
    const name = parseDatasetName(text);
    const artifact = { key: 'data.sqlite', ...ref };
    const shared = {
      dataset_id: datasetIdOf(DEFAULT_SCOPE, name),
      name,
      schema_fingerprint: 'sha256:one',
      row_count: 1,
      artifact,
      published_at: TIME,
    };
    const manifest = canonicalJson({
      ...shared,
      objects: [artifact],
      created_at: TIME,
      updated_at: TIME,
      status: 'published',
    });
    const sha256 = sha256Of(manifest);
    const entry: StoreEntry = { ...shared, manifest: { sha256, bytes: manifest.length } };
    this.write(manifestPath(name, sha256), manifest);
    this.#entries = [...this.#entries.filter((e) => e.name !== name), entry].toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    this.writeCatalog();
    return entry;
  }

  /** Takes a dataset out of the catalog; its files stay. */
  withdraw(name: string): void {
    this.#entries = this.#entries.filter((entry) => entry.name !== name);
    this.writeCatalog();
  }

  writeCatalog(): void {
    const { bytes, sha256 } = writeCatalog({ model_version: 'v1', datasets: this.#entries });
    this.write(CATALOG_PATH, bytes);
    this.write(CATALOG_DIGEST_PATH, `${sha256}  ${CATALOG_PATH}\n`);
  }

  /** Writes a catalog of our choice, with its own digest beside it. */
  writeRawCatalog(text: string): void {
    this.write(CATALOG_PATH, text);
    this.write(CATALOG_DIGEST_PATH, sha256Of(text));
  }

  /** Writes a file one second younger than the one before it: plain web servers tell versions by second and size. */
  write(path: string, bytes: string | Uint8Array): void {
    const full = join(this.path, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
    this.#seconds += 1;
    utimesSync(full, this.#seconds, this.#seconds);
  }

  remove(path: string): void {
    rmSync(join(this.path, path), { recursive: true });
  }

  link(path: string, target: string): void {
    symlinkSync(target, join(this.path, path));
  }
}
