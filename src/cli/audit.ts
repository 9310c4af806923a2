import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { EXIT, type ExitCode, exitCodeHere } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { ProgressBar, type TextOutput } from '#cli/command/progress';
import { readSettings } from '#cli/command/settings';
import { explain } from '#cli/manual/manual-command';
import type { Config } from '#ops/config/settings';
import { createLogger, type Logger } from '#ops/logger';
import { untilSignalled } from '#ops/signals';

/** One thing that is not as it was. */
export interface AuditFound {
  readonly kind: string;
  /** In one line, for people. */
  readonly text: string;
}

/** What was found in one stream. */
export interface AuditReport {
  readonly stream: string;
  readonly events: number;
  readonly last: number;
  readonly digest: string;
  readonly findings: readonly AuditFound[];
  readonly places: readonly {
    readonly place: string;
    readonly anchors: number;
    readonly anchored: number;
    readonly newestAt: string | undefined;
    /** Whether events that should be anchored are not. */
    readonly isBehind: boolean;
    readonly findings: readonly AuditFound[];
  }[];
}

export interface VerifyAuditOptions {
  /** `registry`, `jobs`. */
  readonly streams: readonly string[];
  /** Paths of public keys; none for that of the installation. */
  readonly publicKeys: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (stream: string, position: number, last: number) => void;
}

/** Verifies the log of the registry that the settings name; the composition root hands it in. */
export type VerifyAudit = (
  config: Config,
  logger: Logger,
  options: VerifyAuditOptions,
) => Promise<readonly AuditReport[]>;

interface Flags {
  readonly stream?: string;
  readonly publicKey: readonly string[];
  readonly json?: boolean;
}

const SHOWN_MAX = 100;

const MANUAL = {
  about: `Reads the whole log and every anchor, and names each event that was changed, removed or inserted. It finds the
registry by the same settings as serve (ATLAS_DATA_DIR, NATS_URL, ATLAS_STORE, DATABASE_URL), which may run
meanwhile. It writes nothing.`,
  examples: [
    'atlas-registry audit verify',
    'atlas-registry audit verify --stream registry --public-key /etc/atlas/audit-key.pub.pem --json',
  ],
  exits: {
    [EXIT.ok]: 'the log is what was anchored',
    [EXIT.refused]: 'something was changed, removed or inserted',
    [EXIT.usage]:
      'used wrongly: an option, a setting, or a key or a place of anchors that cannot be used',
    [EXIT.unreachable]:
      'nobody can tell: the log cannot be reached, or a part of it has no anchor that proves it',
  },
  seeAlso: ['docs/audit.md'],
};

/** Adds `audit verify` to the program. */
export function addAudit(program: Command, verify: VerifyAudit): void {
  const keep = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const command = program
    .command('audit')
    .description('Check that nobody has changed what was written.')
    .command('verify')
    .description('Compare the log with its signed anchors, event by event.')
    .addOption(new Option('--stream <name>', 'only this one').choices(['registry', 'jobs']))
    .option(
      '--public-key <file>',
      'a key that anchors are signed with; may be given again',
      keep,
      [],
    )
    .option('--json', 'print the report as JSON');
  explain(command, MANUAL).action(async (flags: Flags) => process.exit(await run(flags, verify)));
}

async function run(flags: Flags, verify: VerifyAudit): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const stop = new AbortController();
  void untilSignalled().then(() => stop.abort());
  const progress = flags.json === true ? undefined : new StreamProgress(stderr);
  try {
    const config = readSettings();
    const reports = await verify(config, createLogger('error'), {
      streams: flags.stream === undefined ? ['registry', 'jobs'] : [flags.stream],
      publicKeys: flags.publicKey,
      signal: stop.signal,
      onProgress: (...at) => progress?.show(...at),
    });
    progress?.end();
    stdout.write(flags.json === true ? jsonLine({ reports }) : describe(reports));
    if (reports.some(hasFindings)) return EXIT.refused;
    return reports.some(isUnproved) ? EXIT.unreachable : EXIT.ok;
  } catch (error) {
    progress?.end();
    if (stop.signal.aborted) return EXIT.stopped;
    stderr.write(`${pc.red(error instanceof Error ? error.message : String(error))}\n`);
    return exitCodeHere(error, EXIT.usage);
  }
}

function hasFindings({ findings, places }: AuditReport): boolean {
  return findings.length > 0 || places.some((place) => place.findings.length > 0);
}

/** Whether no place proves all of a stream that it should. */
function isUnproved({ events, places }: AuditReport): boolean {
  return events > 0 && places.every(({ isBehind }) => isBehind);
}

/** Writes reports for people. */
function describe(reports: readonly AuditReport[]): string {
  const lines = reports.flatMap((report) => [
    `${pc.bold(report.stream)}  ${report.events} events up to position ${report.last}, digest ${report.digest}`,
    ...found('the log itself', report.findings),
    ...report.places.flatMap((place) => [...placeLines(place, report.last)]),
  ]);
  return `${[...lines, verdictOn(reports)].join('\n')}\n`;
}

function verdictOn(reports: readonly AuditReport[]): string {
  if (reports.some(hasFindings)) return pc.red('Not sound: the log is not what was written.');
  const unproved = reports.filter(isUnproved).map(({ stream }) => stream);
  if (unproved.length > 0)
    return pc.yellow(
      `Not proved: ${unproved.join(' and ')} holds events that no anchor proves (want a node in the role projector, or all, to run, and ATLAS_AUDIT_ANCHORS)`,
    );
  return pc.green('Sound: nothing was changed, removed or inserted, as far as it is anchored.');
}

function* placeLines(place: AuditReport['places'][number], last: number): Generator<string> {
  const { anchors, anchored, newestAt, findings } = place;
  const behind = Math.max(0, last - anchored);
  const newest = newestAt === undefined ? 'no anchor yet' : `the newest of ${newestAt}`;
  const waiting = behind === 0 ? '' : `; not anchored yet: ${behind}`;
  const count = `${anchors} ${anchors === 1 ? 'anchor' : 'anchors'}`;
  yield `  ${place.place}: ${count}, ${newest}, up to position ${anchored}${waiting}`;
  yield* found(`anchors in ${place.place}`, findings);
}

function found(where: string, findings: readonly AuditFound[]): string[] {
  const shown = findings.slice(0, SHOWN_MAX).map(({ text }) => `    ${pc.red(printable(text))}`);
  const more = findings.length - shown.length;
  const rest = more === 0 ? [] : [`    and ${more} more: --json shows all`];
  return findings.length === 0 ? [] : [`  By ${where}:`, ...shown, ...rest];
}

/** A bar for each stream, one after the other. */
class StreamProgress {
  readonly #out: TextOutput;
  #stream = '';
  #done = 0;
  #bar: ProgressBar | undefined;

  constructor(out: TextOutput) {
    this.#out = out;
  }

  show(stream: string, position: number, last: number): void {
    // Lines of progress are for whoever watches.
    if (this.#out.isTTY !== true) return;
    if (stream !== this.#stream) {
      this.#bar = new ProgressBar(this.#out, `Verifying ${stream}`, last);
      [this.#stream, this.#done] = [stream, 0];
    }
    this.#bar?.advance(position - this.#done, `event ${position} of ${last}`);
    this.#done = position;
  }

  end(): void {
    if (this.#bar !== undefined) this.#out.write('\r\u001b[2K');
  }
}
