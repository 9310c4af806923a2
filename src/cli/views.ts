import type { Command } from 'commander';
import pc from 'picocolors';
import { confirmed } from '#cli/command/confirmed';
import { EXIT, type ExitCode, exitCodeHere } from '#cli/command/exit-code';
import { printableLines } from '#cli/command/printable';
import { readSettings } from '#cli/command/settings';
import { explain } from '#cli/manual/manual-command';
import type { Config } from '#ops/config/settings';
import { createLogger, type Logger } from '#ops/logger';

/** One thing that a reset removes. */
export interface ResetItem {
  /** What it is and where, for people. */
  readonly text: string;
  readonly remove: () => Promise<void>;
}

/** What a reset would remove, held so that no node starts meanwhile. */
export interface OpenedReset {
  readonly items: readonly ResetItem[];
  readonly release: () => Promise<void>;
}

export interface ResetOptions {
  /** Also what nodes share in Postgres. */
  readonly postgres: boolean;
  /** Also the bucket of contracts. */
  readonly bucket: boolean;
}

/** Finds what a reset removes; the composition root hands it in. @throws CANNOT_START while a node runs on the data folder */
export type OpenReset = (
  config: Config,
  logger: Logger,
  options: ResetOptions,
) => Promise<OpenedReset>;

interface Flags {
  readonly postgres?: boolean;
  readonly bucket?: boolean;
  readonly yes?: boolean;
}

const MANUAL = {
  about: `Views are built from the log: what is removed here is built again at the next start, from the log that is there then.
The log, the artifacts and the audit anchors stay; "atlas-registry audit verify" says what the log no longer holds.
--postgres and --bucket are for what several nodes share: stop all of them first.`,
  examples: ['atlas-registry views reset', 'atlas-registry views reset --postgres --bucket --yes'],
  exits: {
    [EXIT.ok]: 'removed, or there was nothing to remove',
    [EXIT.refused]: 'nothing was removed: a node runs on the data folder, or the answer was no',
    [EXIT.unreachable]:
      'something does not answer: the message says what was removed; run it again',
  },
  seeAlso: ['docs/runbooks/frozen.md'],
};

/** Adds `views reset`: the way back of a node that is frozen. */
export function addViews(program: Command, openReset: OpenReset): void {
  const group = program.command('views').description('Look after what is built from the log.');
  const command = group
    .command('reset')
    .description('Remove the views of a stopped node, so that it builds them from the log anew.')
    .option('--postgres', 'also the views in Postgres (DATABASE_URL), which nodes share')
    .option('--bucket', 'also the bucket of contracts in NATS, which nodes share')
    .option('--yes', 'do not ask');
  explain(command, MANUAL).action(async (flags: Flags) =>
    process.exit(await reset(openReset, flags)),
  );
}

async function reset(openReset: OpenReset, flags: Flags): Promise<ExitCode> {
  const { stdout, stderr, stdin } = process;
  try {
    const config = readSettings();
    const { postgres = false, bucket = false } = flags;
    const opened = await openReset(config, createLogger('error'), { postgres, bucket });
    try {
      if (opened.items.length === 0) {
        stdout.write('There is nothing to remove.\n');
        return EXIT.ok;
      }
      stdout.write(`This removes:\n${opened.items.map(({ text }) => `  ${text}\n`).join('')}`);
      if (flags.yes !== true && !stdin.isTTY)
        throw new Error('Cannot ask: there is no terminal (want --yes). Nothing was removed');
      if (flags.yes !== true && !(await confirmed('Go on?'))) {
        stdout.write(`${pc.yellow('Nothing was removed.')}\n`);
        return EXIT.refused;
      }
      return await remove(opened.items);
    } finally {
      await opened.release();
    }
  } catch (error) {
    stderr.write(`${pc.red(textOf(error))}\n`);
    return exitCodeHere(error, EXIT.refused);
  }
}

/** Removes one after the other. Gives the exit code. */
async function remove(items: readonly ResetItem[]): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const removed: string[] = [];
  for (const item of items) {
    try {
      await item.remove();
      removed.push(item.text);
    } catch (error) {
      const done = removed.length === 0 ? 'nothing' : removed.join('; ');
      stderr.write(
        `${pc.red(`Cannot remove ${item.text}: ${textOf(error)}`)}\nRemoved: ${done}. Run it again.\n`,
      );
      return removed.length === 0 ? exitCodeHere(error, EXIT.refused) : EXIT.unreachable;
    }
  }
  stdout.write(`${pc.green('Removed.')} The next start builds the views from the log.\n`);
  return EXIT.ok;
}

function textOf(error: unknown): string {
  return printableLines(error instanceof Error ? error.message : String(error)).join('\n');
}
