import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { DatasetDirectory } from '#cache/dataset-directory';
import type { DatasetName } from '#domain/dataset-name';
import { RegistryError } from '#domain/errors';
import { type Scope, scopeKey } from '#domain/scope';

/** A gene dataset by what its name says: `release/species/assembly`. */
export interface SpeciesDataset {
  readonly name: DatasetName;
  readonly release: number;
  readonly species: string;
  readonly assembly: string;
}

const NAME = /^(\d{1,9})\/([^/]+)\/([^/]+)$/;
const PAGE = 500;
const DATASETS_MAX = 20_000;
const SCOPES_MAX = 100;

/** Knows the newest release of each species. */
export class SpeciesIndex {
  readonly #directory: DatasetDirectory;
  readonly #known = new Map<string, Promise<ReadonlyMap<string, SpeciesDataset>>>();
  #version = '';

  constructor(directory: DatasetDirectory) {
    this.#directory = directory;
  }

  /** Gives the newest release of each species of a scope, by the species' name. */
  async newest(scope: Scope): Promise<ReadonlyMap<string, SpeciesDataset>> {
    const { version } = this.#directory;
    if (version !== this.#version || this.#known.size > SCOPES_MAX) this.#known.clear();
    this.#version = version;
    const key = scopeKey(scope);
    const known = this.#known.get(key) ?? this.#read(scope);
    this.#known.set(key, known);
    return await known;
  }

  async #read(scope: Scope): Promise<ReadonlyMap<string, SpeciesDataset>> {
    const newest = new Map<string, SpeciesDataset>();
    for (let [after, seen] = ['', 0]; ; seen += PAGE) {
      if (seen >= DATASETS_MAX) throw tooMany();
      // Others go on meanwhile.
      await yieldToOthers();
      const page = this.#directory.list(scope, { after, limit: PAGE });
      for (const { entry } of page) {
        const [, release, species = '', assembly = ''] = NAME.exec(entry.name) ?? [];
        const isNewer = Number(release) > (newest.get(species)?.release ?? -1);
        if (release !== undefined && isNewer)
          newest.set(species, { name: entry.name, release: Number(release), species, assembly });
      }
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) break;
      after = last.entry.name;
    }
    return newest;
  }
}

function tooMany(): RegistryError {
  return new RegistryError(
    'QUERY_TOO_BROAD',
    `Cannot find the newest release of each species: there are more than ${DATASETS_MAX} datasets (want /v1/genes with a dataset)`,
  );
}
