import { resolve } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { CommandFault, EXIT, exitCodeHere } from '#cli/command/exit-code';
import { readSettings } from '#cli/command/settings';
import { loadWithProgress } from '#cli/examples/load-with-progress';
import { explain } from '#cli/manual/manual-command';
import type { Config } from '#ops/config/settings';
import { untilSignalled } from '#ops/signals';

/** What to start, as it was asked for. */
export interface ClusterRequest {
  readonly folder: string;
  /** The members have ports from here on. */
  readonly port: number;
  readonly brokers: number;
  readonly writers: number;
  readonly readers: number;
  readonly projectors: number;
  /** Whether a Postgres is started beside the rest. */
  readonly postgres: boolean;
  /** Hears what becomes of the processes. */
  readonly onEvent: (text: string) => void;
}

/** A cluster that runs on this machine. */
export interface RunningCluster {
  readonly members: readonly {
    readonly name: string;
    readonly role: string;
    readonly url: string;
    readonly pid: number | undefined;
    readonly folder: string;
    readonly logPath: string;
  }[];
  close(): Promise<void>;
}

/** Starts a cluster; the composition root hands it in. */
export type StartCluster = (config: Config, request: ClusterRequest) => Promise<RunningCluster>;

type MemberCount = 'brokers' | 'writers' | 'readers' | 'projectors';

interface Flags extends Readonly<Record<MemberCount, string>> {
  readonly port: string;
  readonly data: string;
  readonly postgres?: boolean;
  readonly examples?: boolean;
}

const MANUAL = {
  about: `Brokers, nodes of every role and, with --postgres, a Postgres, each in a process of its own. All of them end with this
one, by Ctrl-C in their order and by kill -9 at once. Started again in the same folder it goes on with its data. A process
that ends by itself, or that you kill to see what happens, is started again after 5 s.

DATABASE_URL names a Postgres that runs already; without it and without --postgres views lie in files of each node.`,
  examples: [
    'atlas-registry cluster --postgres --examples',
    'atlas-registry cluster --brokers 1 --readers 5 --port 4000',
  ],
  exits: { [EXIT.ok]: 'ended by a signal', [EXIT.refused]: 'it could not start' },
  seeAlso: ['docs/high-availability.md'],
};

/** Adds `cluster`: a whole cluster on one machine. */
export function addCluster(program: Command, startCluster: StartCluster, root: string): void {
  const command = program
    .command('cluster')
    .description('Start a cluster on this machine, for trying, drills and tests.')
    .option('--data <folder>', 'where everything lies', './.atlas-cluster')
    .option('--port <base>', 'the ports are those behind this one', '3100')
    .option('--brokers <count>', 'NATS servers: 1, 3 or 5', '3')
    .option('--writers <count>', 'nodes that take commands', '2')
    .option('--readers <count>', 'nodes that only read', '2')
    .option('--projectors <count>', 'nodes that keep what others share', '1')
    .option('--postgres', 'start a Postgres in the folder too')
    .option('--examples', 'load the bundled example data, if it is not there');
  explain(command, MANUAL).action(async (flags: Flags) =>
    process.exit(await run(flags, startCluster, root)),
  );
}

async function run(flags: Flags, startCluster: StartCluster, root: string): Promise<number> {
  const { stdout, stderr } = process;
  const signalled = untilSignalled();
  const begun = performance.now();
  try {
    const config = readSettings();
    let isUp = false;
    const cluster = await startCluster(config, {
      folder: resolve(flags.data),
      port: countOf(flags, 'port', 65_000),
      brokers: countOf(flags, 'brokers', 5),
      writers: countOf(flags, 'writers', 9),
      readers: countOf(flags, 'readers', 9),
      projectors: countOf(flags, 'projectors', 9),
      postgres: flags.postgres === true,
      onEvent: (text) => {
        if (isUp) stdout.write(`${text}\n`);
      },
    });
    isUp = true;
    const writer = cluster.members.find(({ role }) => role === 'writer')?.url ?? '';
    const reader = cluster.members.find(({ role }) => role === 'reader')?.url ?? writer;
    const work =
      flags.examples === true && writer !== ''
        ? loadWithProgress(writer, { root, out: stdout })
        : Promise.resolve();
    const ended = await Promise.race([signalled, work.then(() => undefined)]);
    if (ended === undefined) {
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      stdout.write(table(cluster.members));
      stdout.write(`${pc.green('Ready')} in ${seconds} s\n${toTry(writer, reader)}`);
    }
    const signal = ended ?? (await signalled);
    isUp = false;
    stdout.write(`${signal}: ending readers, writers, projectors, brokers, Postgres\n`);
    await cluster.close();
    return EXIT.ok;
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeHere(error, EXIT.refused);
  }
}

function countOf(flags: Flags, name: 'port' | MemberCount, max: number): number {
  const text = flags[name];
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= max) return number;
  throw new CommandFault(
    EXIT.usage,
    `Cannot use --${name} "${text}": it is no number up to ${max} (want one)`,
  );
}

function table(members: RunningCluster['members']): string {
  const rows = members.map(({ name, role, url, pid, folder, logPath }) => [
    name,
    role,
    url,
    String(pid ?? '-'),
    folder,
    logPath,
  ]);
  const all = [['name', 'role', 'url', 'pid', 'data folder', 'log'], ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function toTry(writer: string, reader: string): string {
  const lines = [
    ['all of it in a browser', `${reader}/console`],
    ['how a node stands', `curl ${reader}/readyz`],
    ['every published dataset, from a reader', `curl ${reader}/catalog`],
    [
      'a write',
      `curl ${writer}/registry/datasets -H 'Content-Type: application/json' -d '{"name":"try/one","schema_fingerprint":"v1"}'`,
    ],
    ['every change from the first on', `curl -N '${reader}/registry/events?from=1'`],
  ];
  return `Try:\n${lines.map(([what, command]) => `  ${pc.dim(`# ${what}`)}\n  ${command}\n`).join('')}  ${pc.dim('# lose a process: it comes back after 5 s')}\n  kill -9 <pid>\nCtrl-C ends it.\n`;
}
