import { type Command, Option } from 'commander';
import pc from 'picocolors';
import type { AtlasClient } from '#api-client/atlas-client';
import type { RegistryEvent } from '#api-client/follow-events';
import type { StreamName } from '#api-client/positions';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, type ExitCode } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { addTargetOptions, collect, type TargetFlags } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';
import { interruptionWriter } from '#cli/remote/interruptions';
import { wholeNumber } from '#cli/remote/options';
import { runRemote } from '#cli/remote/run-remote';

interface Flags extends TargetFlags {
  readonly from?: number;
  readonly stream: StreamName;
  readonly type?: readonly string[];
  readonly subject?: string;
  readonly count?: number;
}

const COUNT_MAX = 1_000_000_000;

const MANUAL = {
  about: `Shows events as they come, until Ctrl-C or --count. After a lost connection or a restart of the registry it goes on behind
the last one, and standard error says so; a registry that is away from the beginning ends it. With --json every event is a line of its own, as CloudEvents; "docs/asyncapi.yaml"
describes them.`,
  examples: [
    'atlas-registry events watch --from 1',
    'atlas-registry events watch --type DatasetPublished --subject 110/ --json | jq .subject',
    'atlas-registry events watch --stream jobs',
  ],
  exits: { [EXIT.ok]: '--count events were shown, or whoever reads the output has closed it' },
  seeAlso: ['docs/events.md'],
};

/** Adds `events watch` to the program. */
export function addEvents(program: Command, host: CommandHost): void {
  const description = 'Follow what is written.';
  const group = commandGroup(program, host, { name: 'events', description });
  const watch = group
    .command('watch')
    .description('Show the events of a tenant and environment, from any position on.')
    .option(
      '--from <position>',
      'the first one wanted; 1 is the beginning (default: what comes)',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .addOption(
      new Option('--stream <name>', 'datasets, contracts and definitions, or job runs')
        .choices(['registry', 'jobs'])
        .default('registry'),
    )
    .option('--type <type>', 'only this type, such as DatasetPublished; may be repeated', collect)
    .option('--subject <prefix>', 'only of what has a name that begins so')
    .option('--count <count>', 'end after so many', wholeNumber(1, COUNT_MAX));
  explain(watch, MANUAL);
  addTargetOptions(watch).action(async (flags: Flags) =>
    runRemote(host, flags, async (client, signal) => await follow(client, flags, { host, signal })),
  );
}

async function follow(
  client: AtlasClient,
  flags: Flags,
  { host, signal }: { readonly host: CommandHost; readonly signal: AbortSignal },
): Promise<ExitCode> {
  const { from, stream, type: types = [], subject = '', count = Infinity, json } = flags;
  const listeners = interruptionWriter(host);
  let shown = 0;
  for await (const event of client.events({ from, stream, signal, ...listeners })) {
    const isWanted = types.length === 0 || types.includes(event.type);
    if (!isWanted || !event.subject.startsWith(subject)) continue;
    host.out.write(json === true ? jsonLine(event) : describe(event, host));
    shown += 1;
    if (shown >= count) break;
  }
  return EXIT.ok;
}

function describe(event: RegistryEvent, { colours }: Pick<CommandHost, 'colours'>): string {
  const { bold, dim } = pc.createColors(colours);
  const { position, time, type, subject, actor } = event;
  const head = dim(printable(`${String(position).padStart(8)}  ${time}`));
  return `${head}  ${bold(printable(type))}  ${printable(subject)}  ${dim(printable(`by ${actor}`))}\n`;
}
