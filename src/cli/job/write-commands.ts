import type { Command } from 'commander';
import type { AtlasClient } from '#api-client/atlas-client';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import {
  addTargetOptions,
  collect,
  collectLabel,
  type TargetFlags,
} from '#cli/command/target-options';
import { describeRun, watchRun } from '#cli/job/watch-run';
import { explain } from '#cli/manual/manual-command';
import { addIdempotencyKey } from '#cli/remote/options';
import { readJson } from '#cli/remote/read-json';
import { runRemote, showRemote } from '#cli/remote/run-remote';

interface DefineFlags extends TargetFlags {
  readonly idempotencyKey?: string;
  readonly activate?: boolean;
}

interface RunFlags extends TargetFlags {
  readonly idempotencyKey?: string;
  readonly version?: string;
  readonly input?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly watch?: boolean;
}

const DEFINE_MANUAL = {
  about: `The file holds what POST /registry/job-definitions takes; see docs/jobs.md. A new version is a draft; with --activate it is
submitted and activated too, where its author may do so.`,
  examples: [
    'echo \'{"id":"orders.check","name":"Check orders","kind":"validation","trigger":{"type":"MANUAL"}}\' \\\n  | atlas-registry job define - --activate',
  ],
  seeAlso: ['docs/jobs.md'],
};

const RUN_MANUAL = {
  about: `Asks for a run and prints its id; a worker takes it. With --watch it goes on until the run is over. Ctrl-C stops watching,
not the run.`,
  examples: ['atlas-registry job run orders.check --input sales/orders --watch'],
  exits: {
    [EXIT.ok]: 'it was asked for; with --watch, it has succeeded',
    [EXIT.refused]: 'refused; with --watch also: the run has not succeeded',
  },
};

/** Adds `job define` and `job run`. */
export function addJobWrites(group: Command, host: CommandHost): void {
  const define = group
    .command('define')
    .description('Define a version of a job.')
    .argument('<file>', 'JSON; - reads standard input')
    .option('--activate', 'bring it into use at once');
  explain(define, DEFINE_MANUAL);
  addIdempotencyKey(addTargetOptions(define)).action(async (file: string, flags: DefineFlags) =>
    showRemote(host, flags, async (client, signal) => {
      const { idempotencyKey } = flags;
      // The registry says what is wrong with it.
      const body = (await readJson(file, host, signal)) as never;
      const defined = await client.defineJob(body, { idempotencyKey });
      const stage =
        flags.activate === true ? await activate(client, defined, idempotencyKey) : defined.stage;
      const verb = defined.status === 'created' ? 'defined' : 'is there already';
      const text = `${defined.id} ${defined.version} ${verb}: ${stage}`;
      return { json: { ...defined, stage }, text: `${printable(text)}\n` };
    }),
  );
  const run = group
    .command('run')
    .description('Ask for a run of a job.')
    .argument('<id>', 'the definition')
    .option('--version <version>', 'which version (default: the highest active one)')
    .option('--input <dataset>', 'a dataset that it reads; may be repeated', collect)
    .option('--metadata <key=value>', 'goes with the run; may be repeated', collectLabel)
    .option('--watch', 'wait until it is over');
  explain(run, RUN_MANUAL);
  addIdempotencyKey(addTargetOptions(run)).action(async (id: string, flags: RunFlags) =>
    runRemote(host, flags, async (client, signal) => {
      const { version, input: inputs, metadata, idempotencyKey, json, actor } = flags;
      const body = {
        ...(version === undefined ? {} : { version }),
        ...(inputs === undefined ? {} : { inputs }),
        ...(metadata === undefined ? {} : { metadata }),
        ...(actor === undefined ? {} : { submitted_by: actor }),
      };
      const started = await client.runJob(id, body, { idempotencyKey });
      if (flags.watch === true) return await watchRun(client, started.id, { host, signal, json });
      host.out.write(json === true ? jsonLine(started) : `${describeRun(started)}\n`);
      return EXIT.ok;
    }),
  );
}

/** Takes the steps that are left until a version is active. Run again under one key, each step is the one that was taken. */
async function activate(
  client: AtlasClient,
  { id, version, stage }: Schemas['DefinedVersion'],
  key: string | undefined,
): Promise<string> {
  const step = (name: string) => ({
    params: { id, version },
    body: {},
    idempotencyKey: key === undefined ? undefined : `${key}.${name}`,
  });
  if (stage !== 'draft' && stage !== 'pending_approval') return stage;
  if (stage === 'draft') await client.call('submitJobDefinition', step('submit'));
  return (await client.call('activateJobDefinition', step('activate'))).data.stage;
}
