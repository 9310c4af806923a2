import type { Command } from 'commander';
import {
  type ImportProgress,
  type ImportSummary,
  importCatalog,
} from '#cli/catalog-import/import-catalog';
import { type ManifestFormat, messageOf } from '#cli/catalog-import/manifest-folder';
import { EXIT, exitCodeHere } from '#cli/command/exit-code';
import { printable, printableLines } from '#cli/command/printable';
import { ProgressBar, type TextOutput } from '#cli/command/progress';
import { addScopeOptions } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';
import { scopeByName } from '#cli/profile/choose-target';
import type { Credentials } from '#cli/profile/credentials';
import { untilSignalled } from '#ops/signals';

interface Flags {
  readonly url: string;
  readonly tenant?: string;
  readonly environment?: string;
  readonly credentials?: Credentials;
  readonly dryRun?: boolean;
  readonly withoutArtifacts?: boolean;
  readonly json?: boolean;
}

const MANUAL = {
  about: `Reads and checks every file before it writes anything. Cut off on the way, the same command goes on from there: what is
there already is left as it is.`,
  examples: [
    'atlas-registry catalog import ./store --dry-run',
    'atlas-registry catalog import ./store --profile prod --tenant genomics',
  ],
  exits: {
    [EXIT.refused]:
      'refused: the folder, a file or the registry is not as it must be; the message says whether anything was taken',
  },
  seeAlso: ['docs/store-layout.md'],
};

/** Adds `catalog import` to the program. */
export function addCatalogImport(program: Command, format: ManifestFormat): void {
  const command = program
    .command('catalog')
    .description('Work with the manifests of datasets as files.')
    .command('import')
    .description(
      'Fill an empty registry from a store folder, or from its manifest files: all of them, or nothing where one cannot be read.',
    )
    .argument('<folder>', 'a folder that holds _catalog/manifests, or that folder itself');
  addScopeOptions(command)
    .option('--dry-run', 'check everything and write nothing')
    .option('--without-artifacts', 'register datasets whose artifact is nowhere, and no more')
    .option('--json', 'print a summary as JSON');
  explain(command, MANUAL).action(async (folder: string, flags: Flags) =>
    runImport(folder, flags, format),
  );
}

/** Runs an import, and ends the process with its exit code. */
async function runImport(folder: string, flags: Flags, format: ManifestFormat): Promise<void> {
  const { url, dryRun = false, withoutArtifacts = false } = flags;
  // The folder has a place for each scope.
  const scope = scopeByName(flags);
  const stop = new AbortController();
  void untilSignalled().then((signal) => stop.abort(new Error(`Stopped by ${signal}`)));
  const bars = new ProgressBars(process.stderr);
  try {
    const summary = await importCatalog({
      folder,
      url,
      ...scope,
      credentials: flags.credentials,
      dryRun,
      withoutArtifacts,
      format,
      signal: stop.signal,
      progress: bars,
    });
    bars.finish();
    const text =
      flags.json === true ? printable(JSON.stringify(summary)) : describe(summary, url, scope);
    process.stdout.write(`${text}\n`);
    process.exit(EXIT.ok);
  } catch (error) {
    bars.finish();
    process.stderr.write(`${printableLines(messageOf(error)).join('\n')}\n`);
    process.exit(stop.signal.aborted ? EXIT.stopped : exitCodeHere(error, EXIT.refused));
  }
}

/** One bar after the other, each for a phase. */
class ProgressBars implements ImportProgress {
  readonly #out: TextOutput;
  #bar: ProgressBar | undefined;
  #line = '';

  constructor(out: TextOutput) {
    this.#out = out;
  }

  begin(phase: string, total: number): void {
    this.finish();
    if (total === 0) return;
    this.#bar = new ProgressBar(this.#out, phase, total);
    this.#line = `${phase}: ${total}`;
  }

  advance(note: string): void {
    this.#bar?.advance(1, note);
  }

  /** Ends the bar, if there is one. */
  finish(): void {
    if (this.#out.isTTY === true) this.#bar?.finish(this.#line);
    this.#bar = undefined;
  }
}

function describe(
  summary: ImportSummary,
  url: string,
  { tenant, environment }: ReturnType<typeof scopeByName>,
): string {
  const { datasets, there_already: already, without_artifact: without } = summary;
  const verb = summary.dry_run ? 'Would import' : 'Imported';
  const counts = [
    `${summary.published} published`,
    `${summary.withdrawn} withdrawn`,
    `${summary.registered} registered`,
    `${summary.artifacts_uploaded} artifacts uploaded (${summary.artifact_bytes_uploaded} bytes)`,
    ...(without === 0 ? [] : [`${without} registered only, without their artifacts`]),
    ...(already === 0 ? [] : [`${already} were there already`]),
  ];
  return `${verb} ${datasets - already} of ${datasets} datasets into ${url} (${tenant}/${environment}): ${counts.join(', ')}`;
}
