import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { exportManifests, seedDatasets } from '#test/support/manifest-export';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { tempFolder } from '#test/support/temp';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

/** How many datasets each export holds. */
export const DATASETS = 6;

/**
 * How many events an import of them takes: two are registered, two published and two withdrawn, of each pair one with its
 * objects replaced afterwards.
 */
export const EVENTS = 2 + 2 + 3 + 3 + 4;

/** The manifests of one tenant, in a copy of the store's folder of their own. */
export interface Exported {
  readonly tenant: string;
  readonly store: string;
  readonly paths: readonly string[];
}

/** What a run of the command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Two registries, each a process: one to export from, one to import into. */
export interface RegistryPair extends AsyncDisposable {
  readonly folder: string;
  readonly source: Api;
  readonly target: Api;
  /** Fills a tenant of its own in the source and lays its manifests beside a copy of the artifacts. */
  exported(): Promise<Exported>;
}

/** Starts two registries. */
export async function startPair(): Promise<RegistryPair> {
  const folder = tempFolder();
  const started: RegistryProcess[] = ['from', 'to'].map((name) =>
    startProcess(join(folder.path, name)),
  );
  const dispose = async (): Promise<void> => {
    for (const process of started) await process[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    const [source, target] = await Promise.all(started.map(async (process) => process.ready()));
    if (source === undefined || target === undefined) throw new Error('Two were started');
    const exported = async (): Promise<Exported> => {
      const tenant = `t${newId()}`;
      await seedDatasets(source, tenant);
      const store = join(folder.path, newId());
      const artifacts = join(folder.path, 'from', 'store', 'artifacts');
      cpSync(artifacts, join(store, 'artifacts'), { recursive: true });
      return { tenant, store, paths: await exportManifests(source, { tenant, store }) };
    };
    return { folder: folder.path, source, target, exported, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Runs `atlas-registry catalog import` as a user does; `onStart` gets what presses Ctrl-C. */
export function runImport(
  args: readonly string[],
  onStart: (interrupt: () => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'catalog', 'import', ...args]);
  onStart(() => child.kill('SIGINT'));
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += String(chunk);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...ended })));
}

/** The position that reads of a registry show. */
export async function positionOf(api: Api): Promise<number> {
  return (await api.get('/registry/datasets?limit=1')).position;
}
