import type { Command } from 'commander';
import pc from 'picocolors';
import { isUnanswered, messageOf } from '#cli/catalog-import/manifest-folder';
import { EXIT } from '#cli/command/exit-code';
import type { TextOutput } from '#cli/command/progress';
import { readSettings } from '#cli/command/settings';
import { loadWithProgress } from '#cli/examples/load-with-progress';
import { explain } from '#cli/manual/manual-command';
import { hasToken } from '#cli/remote/bearer';
import type { Config } from '#ops/config/settings';
import { createLogger, type Logger } from '#ops/logger';
import { shownError } from '#ops/shown-error';
import { untilSignalled } from '#ops/signals';
import { endOnUnexpectedError } from '#ops/unexpected-end';

/** Starts a registry; the composition root hands it in. */
export type StartRegistry = (config: Config, logger: Logger) => Promise<ServedRegistry>;

/** What `serve` needs of a registry that runs. */
export interface ServedRegistry {
  readonly url: string;
  readonly parts: readonly (readonly [name: string, description: string])[];
  /** Whether requests must say who sends them. */
  readonly asksForTokens: boolean;
  readonly ready: (timeoutMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ServeOptions {
  readonly root: string;
  readonly version: string;
  readonly examples: boolean;
  readonly startRegistry: StartRegistry;
}

const READY_TIMEOUT_MS = 600_000;

const MANUAL = {
  about: `Without settings it starts with everything it needs inside: a NATS server, views in SQLite, artifacts in a folder. Settings
come from the environment; the README lists them, and "doctor" looks at them. A signal ends it in order, a second one at once.`,
  examples: [
    'atlas-registry serve --examples',
    'NATS_URL=nats://nats-1:4222 ATLAS_ROLE=reader atlas-registry serve',
  ],
  exits: {
    [EXIT.ok]: 'ended by a signal, in order',
    [EXIT.refused]:
      'it could not start, or could not go on: a setting, a part that is away, a folder in use',
    [EXIT.usage]: 'used wrongly: an option',
  },
  seeAlso: ['README.md', 'docs/install.md'],
};

/** Adds `serve`, which is what the program does where no command is named. */
export function addServe(program: Command, options: Omit<ServeOptions, 'examples'>): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('Start a registry in this process.')
    .option('--examples', 'load the bundled example data first, if it is not there');
  explain(command, MANUAL).action(async (flags: { readonly examples?: boolean }) => {
    await serve({ ...options, examples: flags.examples === true });
  });
}

/** Runs a registry until a signal comes. Exits with 1 and one clear line when it cannot start. */
async function serve(options: ServeOptions): Promise<void> {
  const started = performance.now();
  const out = process.stdout;
  let registry: ServedRegistry;
  const signalled = untilSignalled();
  try {
    const config = readSettings();
    const logger = createLogger(config.logLevel);
    endOnUnexpectedError(logger);
    registry = await options.startRegistry(config, logger);
  } catch (error) {
    process.stderr.write(`${startFault(error)}\n`);
    process.exitCode = 1;
    return process.exit();
  }
  out.write(`${pc.bold('Atlas Registry')} ${options.version}\n`);
  for (const [name, description] of registry.parts)
    out.write(`  ${name.padEnd(10)} ${description}\n`);
  const ended = await Promise.race([signalled, readyAndLoaded(registry, options, out)]);
  if (ended === undefined) {
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    out.write(`${pc.green('Ready')} in ${seconds} s at ${pc.bold(registry.url)}\n`);
    if (loadsExamples(registry, options)) out.write(examplesToTry(registry.url));
  }
  const signal = ended ?? (await signalled);
  out.write(`${signal}: ending running requests; again to end at once\n`);
  await registry.close();
  process.exit(0);
}

/** Says why it does not start. What is not written here may quote a setting: its class and its place are told. */
function startFault(error: unknown): string {
  const { type, message, code, stack } = shownError(error);
  if (message !== undefined) return message;
  const named = code === undefined ? type : `${type} ${code}`;
  return `Cannot start: an unexpected ${named} happened${stack === undefined ? '' : `\n${stack}`}`;
}

/** Without a token a registry that asks for one would refuse them. */
function loadsExamples(
  { asksForTokens }: ServedRegistry,
  { examples }: Pick<ServeOptions, 'examples'>,
): boolean {
  return examples && (!asksForTokens || hasToken());
}

async function readyAndLoaded(
  registry: ServedRegistry,
  { root, examples }: ServeOptions,
  out: TextOutput,
): Promise<undefined> {
  await registry.ready(READY_TIMEOUT_MS);
  if (!loadsExamples(registry, { examples })) {
    if (examples)
      out.write(
        'Examples are not loaded: the registry asks for tokens, and ATLAS_TOKEN is not set\n',
      );
    return;
  }
  try {
    await loadWithProgress(registry.url, { root, out });
  } catch (error) {
    // With TLS its own registry may be one that this process does not trust, or that does not know it.
    if (!isUnanswered(error)) throw error;
    out.write(`Examples are not loaded: ${messageOf(error)}\n`);
  }
}

function examplesToTry(url: string): string {
  const dataset = encodeURIComponent('110/homo_sapiens/GRCh38');
  const lines = [
    ['all of it in a browser', `${url}/console`],
    ['every published dataset', `curl ${url}/catalog`],
    ['one of them: its manifest', `curl ${url}/registry/datasets/${dataset}`],
    ['one of its genes', `curl '${url}/v1/genes?dataset=110/homo_sapiens/GRCh38&name=BRCA2'`],
    ['a contract', `curl ${url}/registry/contracts/github.push/v1`],
    [
      'what its versions changed',
      `curl '${url}/registry/contracts/github.push/changelog?format=markdown'`,
    ],
    ['how the data was loaded', `curl '${url}/registry/job-runs?status=succeeded&limit=5'`],
    ['every change from the first on', `curl -N '${url}/registry/events?from=1'`],
  ];
  return `Try:\n${lines.map(([what, command]) => `  ${pc.dim(`# ${what}`)}\n  ${command}\n`).join('')}Ctrl-C ends it.\n`;
}
