import { type Command, Option } from 'commander';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT } from '#cli/command/exit-code';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { watchRun } from '#cli/job/watch-run';
import { explain } from '#cli/manual/manual-command';
import { addLimit } from '#cli/remote/options';
import { runRemote, showRemote } from '#cli/remote/run-remote';
import { writeTable } from '#cli/remote/table';
import { moreLine, take } from '#cli/remote/take';

interface ListFlags extends TargetFlags {
  readonly status?: Schemas['JobRun']['status'];
  readonly job?: string;
  readonly definition?: string;
  readonly limit: number;
}

const PAGE_MAX = 1_000;
const STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;

const WATCH_MANUAL = {
  about: `On a terminal one line shows how far the run is; elsewhere every change is a line, with --json as JSON. It ends when the run
is over. Ctrl-C stops watching, not the run.`,
  examples: [
    'atlas-registry job watch "$(atlas-registry job run orders.check --json | jq -r .id)"',
  ],
  exits: {
    [EXIT.ok]: 'the run has succeeded',
    [EXIT.refused]: 'it has not, or there is no such run',
  },
};

/** Adds `job list` and `job watch`. */
export function addJobReads(group: Command, host: CommandHost): void {
  const list = group
    .command('list')
    .description('List runs, the newest first.')
    .addOption(new Option('--status <status>', 'only these').choices(STATUSES))
    .option('--job <name>', 'only of this job')
    .option('--definition <id>', 'only of this definition');
  explain(list, { examples: ['atlas-registry job list --status failed --job orders.check'] });
  addLimit(addTargetOptions(list)).action(async (flags: ListFlags) =>
    showRemote(host, flags, async (client) => {
      const { status, job, definition, limit } = flags;
      const query = { status, job, definition, limit: Math.min(limit + 1, PAGE_MAX) };
      const taken = await take(client.list('listJobRuns', query), limit);
      const rows = taken.items.map((run) => [
        run.id,
        run.job,
        run.status,
        run.submitted_at,
        run.completed_at ?? '-',
        run.message ?? '',
      ]);
      const head = ['RUN', 'JOB', 'STATUS', 'SUBMITTED', 'ENDED', 'MESSAGE'];
      const none = 'There are no runs: see "atlas-registry job run --help"\n';
      const text = rows.length === 0 ? none : writeTable({ head, rows }, host) + moreLine(taken);
      return { json: { job_runs: taken.items, has_more: taken.hasMore }, text };
    }),
  );
  const watch = group
    .command('watch')
    .description('Show a run until it is over.')
    .argument('<run>', 'its id');
  explain(watch, WATCH_MANUAL);
  addTargetOptions(watch).action(async (id: string, flags: TargetFlags) =>
    runRemote(host, flags, async (client, signal) => {
      const { json } = flags;
      return await watchRun(client, id, { host, signal, json });
    }),
  );
}
