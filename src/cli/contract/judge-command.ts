import { type Command, InvalidArgumentError } from 'commander';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, type ExitCode, runToExit } from '#cli/command/exit-code';
import {
  addTargetOptions,
  collect,
  collectLabel,
  collectReference,
  type ReferenceFlag,
  type TargetFlags,
} from '#cli/command/target-options';
import { findContracts } from '#cli/contract/contract-folder';
import type { ContractPlaces } from '#cli/contract/contract-input';
import { ContractRegistry, connectScope } from '#cli/contract/contract-registry';
import { judgeAll } from '#cli/contract/judge-all';
import {
  checkOutputs,
  OUTPUTS,
  type Output,
  writeReports,
} from '#cli/contract/report/write-reports';
import { explain } from '#cli/manual/manual-command';

interface Flags extends TargetFlags {
  readonly all?: string;
  readonly schema?: string;
  readonly wit?: readonly string[];
  readonly descriptor?: string;
  readonly reference?: readonly ReferenceFlag[];
  readonly label?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly version?: string;
  readonly stage?: string;
  readonly overrideReason?: string;
  readonly output?: readonly Output[];
  readonly junit?: string;
}

/** What only one contract can have. */
const OF_ONE = ['schema', 'wit', 'descriptor', 'reference', 'version', 'description'] as const;
const DESCRIPTIONS = {
  check: 'Say what publishing a contract would come to, and publish nothing.',
  publish: 'Publish a version of a contract. The same content again changes nothing.',
} as const;

const MANUALS = {
  check: {
    about: `The registry judges it as it would judge the publication, by the rules of the contract's compatibility mode, and writes
nothing. A change that breaks readers is told with a document that shows it.

With --all every contract of a folder is judged, and the gravest exit code is that of the command.`,
    examples: [
      'atlas-registry contract check orders.created --schema orders.json',
      'atlas-registry contract check --all contracts/ --output github --junit contracts.xml',
    ],
    exits: { [EXIT.refused]: 'it would be refused: faults, or an incompatible change' },
    seeAlso: ['docs/contracts-ci.md'],
  },
  publish: {
    about: `Without --version the registry finds the next one by what has changed. The same content again is the version that it
was, so a pipeline may publish every time.`,
    examples: [
      'atlas-registry contract publish orders.created --schema orders.json',
      'atlas-registry contract publish plugin.host --wit wit/ --label team=payments',
    ],
    exits: { [EXIT.refused]: 'refused: faults, an incompatible change, a version that is taken' },
    seeAlso: ['docs/contracts-ci.md'],
  },
} as const;

/** Adds `contract check` or `contract publish`. */
export function addJudgeCommand(
  group: Command,
  verb: 'check' | 'publish',
  host: CommandHost,
): void {
  const command = group
    .command(verb)
    .description(DESCRIPTIONS[verb])
    .argument('[name]', 'the contract; with --all their files name them')
    .option('--all <folder>', 'every <name>.json, <name>.wit and <name>.descriptor.json there')
    .option('--schema <file>', 'JSON Schema; - reads standard input')
    .option('--wit <path>', 'a WIT file, or a folder of them; may be repeated', collect)
    .option('--descriptor <file>', 'descriptor, any JSON object')
    .option(
      '--reference <uri=name@version>',
      'a contract that the schema refers to; may be repeated',
      collectReference,
    )
    .option('--label <key=value>', 'a label; may be repeated', collectLabel)
    .option('--description <text>', 'what the contract is for')
    .option('--version <version>', 'the version; without it the registry counts on')
    .option('--stage <stage>', 'draft, pending_approval or approved')
    .option('--override-reason <text>', 'why it may pass where nothing is proved')
    .option(
      '--output <form>',
      `how it is told: ${OUTPUTS.join(', ')}; may be repeated`,
      parseOutput,
    )
    .option('--junit <file>', 'write JUnit XML to a file beside what is printed');
  explain(command, MANUALS[verb]);
  addTargetOptions(command).action(async (name: string | undefined, flags: Flags) =>
    runToExit(host, async (signal) => run({ verb, host, name, flags, signal })),
  );
}

interface Run {
  readonly verb: 'check' | 'publish';
  readonly host: CommandHost;
  readonly name: string | undefined;
  readonly flags: Flags;
  readonly signal: AbortSignal;
}

async function run({ verb, host, name, flags, signal }: Run): Promise<ExitCode> {
  const wanted = new Set(flags.output ?? []);
  if (flags.json === true) wanted.add('json');
  const outputs: ReadonlySet<Output> = wanted.size === 0 ? new Set(['human'] as const) : wanted;
  checkOutputs(outputs);
  const registry = new ContractRegistry(connectScope(flags, signal));
  const places = await placesOf(name, flags);
  const judgements = await judgeAll(places, { verb, registry, host, signal });
  return await writeReports(judgements, { verb, outputs, junitFile: flags.junit }, host);
}

async function placesOf(
  name: string | undefined,
  flags: Flags,
): Promise<readonly ContractPlaces[]> {
  const { all, schema, wit, descriptor } = flags;
  const facts = factsOf(flags);
  if (all === undefined) {
    if (name === undefined) throw misused('no contract is named', 'a name, or --all <folder>');
    const files = { schema, wit, descriptor };
    return [{ name, facts, ...withoutUndefined(files) }];
  }
  if (name !== undefined) throw misused('a name and --all are given', 'one of them');
  const alone = OF_ONE.find((flag) => flags[flag] !== undefined);
  if (alone !== undefined)
    throw misused(`--${alone} is for one contract`, 'it without --all, or --all without it');
  return await findContracts(all, facts);
}

function factsOf(flags: Flags): object {
  const { version, description, reference, label, stage, overrideReason } = flags;
  return withoutUndefined({
    version,
    description,
    references: reference,
    labels: label,
    stage,
    override: overrideReason === undefined ? undefined : { reason: overrideReason },
  });
}

type Present<T> = { readonly [K in keyof T]?: NonNullable<T[K]> };

function withoutUndefined<T extends object>(values: T): Present<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<T>;
}

function parseOutput(value: string, before: readonly Output[] = []): readonly Output[] {
  const output = OUTPUTS.find((one) => one === value);
  if (output === undefined) throw new InvalidArgumentError(`Want one of ${OUTPUTS.join(', ')}.`);
  return [...before, output];
}

function misused(is: string, want: string): CommandFault {
  return new CommandFault(
    EXIT.usage,
    `Cannot tell which contracts are meant: ${is} (want ${want})`,
  );
}
