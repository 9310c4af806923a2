import { type Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { confirmed } from '#cli/command/confirmed';
import { EXIT, type ExitCode, exitCodeHere } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { readSettings } from '#cli/command/settings';
import { explain } from '#cli/manual/manual-command';
import type { OpenedStandby, OpenStandby } from '#cli/standby-port';
import { behindMost, followLine, promotedText, promotePlan, standingText } from '#cli/standby-text';
import { createLogger } from '#ops/logger';
import { untilSignalled } from '#ops/signals';

const MAX_LAG_S = '10';

const FOLLOW_MANUAL = {
  about: `Copies both streams of the registry (NATS_URL, or the broker of the node that runs on ATLAS_DATA_DIR) to those of
ATLAS_STANDBY_NATS_URL, and makes them there where they are not: same positions, same bytes. They take no appends until
"standby promote". Run it under something that starts it again.`,
  examples: ['ATLAS_STANDBY_NATS_URL=nats://other:4222 atlas-registry standby follow'],
  exits: { [EXIT.ok]: 'stopped by a signal', [EXIT.refused]: 'it cannot go on' },
  seeAlso: ['docs/high-availability.md'],
};

const STATUS_MANUAL = {
  examples: ['atlas-registry standby status --max-lag 30 --json'],
  exits: {
    [EXIT.ok]:
      'in step: the oldest event that the standby lacks was stored at most --max-lag seconds ago',
    [EXIT.refused]: 'behind more than that',
    [EXIT.unreachable]: 'nobody can tell: a side does not answer, or the standby holds another log',
  },
};

const PROMOTE_MANUAL = {
  about: `Makes the old side take no more appends, copies what it still holds, writes a mark into the artifact store of the
settings by which nodes on the old side freeze (ATLAS_LOG_CHECK_MS), and lets the standby take appends. Then start nodes
with its NATS_URL. Repeating it goes on where it was cut off.`,
  examples: [
    'atlas-registry standby promote',
    'atlas-registry standby promote --accept-loss --yes',
  ],
  exits: {
    [EXIT.ok]: 'promoted',
    [EXIT.refused]: 'not promoted: the message says why, and whether the old side is fenced',
    [EXIT.unreachable]: 'not promoted: a side cannot be reached, or may hold what the other lacks',
  },
  seeAlso: ['docs/runbooks/site-lost.md'],
};

/** Adds `standby follow`, `standby status` and `standby promote`. */
export function addStandby(program: Command, openStandby: OpenStandby): void {
  const group = program
    .command('standby')
    .description('Keep a copy of the log in another place, and let it take over.');
  const followed = group
    .command('follow')
    .description('Copy both streams to the standby until stopped.');
  explain(followed, FOLLOW_MANUAL).action(async () =>
    process.exit(await withStandby(openStandby, EXIT.refused, follow)),
  );
  const asked = group
    .command('status')
    .description('Say how far the standby is behind.')
    .addOption(
      new Option('--max-lag <seconds>', 'how far behind is in step')
        .default(MAX_LAG_S)
        .argParser(secondsOf),
    )
    .option('--json', 'print it as JSON');
  explain(asked, STATUS_MANUAL).action(async (flags: StatusFlags) =>
    process.exit(
      await withStandby(openStandby, EXIT.unreachable, (opened) => status(opened, flags)),
    ),
  );
  const promoted = group
    .command('promote')
    .description('Let the standby take appends, and the old side none.')
    .option(
      '--accept-loss',
      'promote although the primary cannot be read: what it acknowledged and the standby lacks is lost, and later events get its positions. Views, anchors and snapshots of the old log no longer fit',
    )
    .option(
      '--without-fence',
      'promote although neither the old side nor the artifact store can be reached: an old side that comes back takes writes beside the new one, and they cannot be joined',
    )
    .option('--yes', 'do not ask');
  explain(promoted, PROMOTE_MANUAL).action(async (flags: PromoteFlags) =>
    process.exit(await withStandby(openStandby, EXIT.refused, (opened) => promote(opened, flags))),
  );
}

interface StatusFlags {
  readonly maxLag: number | string;
  readonly json?: boolean;
}

interface PromoteFlags {
  readonly acceptLoss?: boolean;
  readonly withoutFence?: boolean;
  readonly yes?: boolean;
}

function secondsOf(text: string): number {
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no number of seconds (want 0 or more).');
}

async function withStandby(
  openStandby: OpenStandby,
  failed: ExitCode,
  work: (opened: OpenedStandby) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const opened = await openStandby(readSettings(), createLogger('error'));
    try {
      return await work(opened);
    } finally {
      await opened.release();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${pc.red(printable(text))}\n`);
    return exitCodeHere(error, failed);
  }
}

async function follow(opened: OpenedStandby): Promise<ExitCode> {
  const stop = new AbortController();
  void untilSignalled().then(() => stop.abort());
  const told = new Map<string, string>();
  await opened.follow({
    signal: stop.signal,
    onStanding: (standing) => {
      const line = followLine(standing);
      if (told.get(standing.stream) === line.about) return;
      told.set(standing.stream, line.about);
      process.stdout.write(`${printable(line.text)}\n`);
    },
  });
  return EXIT.ok;
}

async function status(opened: OpenedStandby, { maxLag, json }: StatusFlags): Promise<ExitCode> {
  const standing = await opened.standing();
  const { stdout } = process;
  stdout.write(json === true ? jsonLine(standing) : standingText(standing));
  const seconds = behindMost(standing);
  if (seconds === undefined) return EXIT.unreachable;
  return seconds > Number(maxLag) ? EXIT.refused : EXIT.ok;
}

async function promote(opened: OpenedStandby, flags: PromoteFlags): Promise<ExitCode> {
  const { stdout, stderr } = process;
  stdout.write(promotePlan(await opened.standing(), opened.primaryFault));
  if (flags.yes !== true && !(await confirmed('Promote?'))) {
    stderr.write(`${pc.yellow('Nothing was changed.')} Without a terminal: --yes.\n`);
    return EXIT.refused;
  }
  const { acceptLoss = false, withoutFence = false } = flags;
  const { signal } = new AbortController();
  const report = await opened.promote({ acceptLoss, withoutFence, signal });
  stdout.write(promotedText(report));
  return EXIT.ok;
}
