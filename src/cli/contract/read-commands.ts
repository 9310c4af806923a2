import type { Command } from 'commander';
import pc from 'picocolors';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, runToExit } from '#cli/command/exit-code';
import { jsonLine, printable, printableLines } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import type { ContractAnswer, VersionsAnswer } from '#cli/contract/answers';
import { ContractRegistry, connectScope } from '#cli/contract/contract-registry';
import { comparisonReport } from '#cli/contract/report/human-report';
import { explain } from '#cli/manual/manual-command';
import { addAt } from '#cli/remote/options';

interface Flags extends TargetFlags {
  readonly at?: string;
}

/** Adds the commands that read contracts: `diff`, `changelog`, `versions` and `get`. */
export function addReadCommands(group: Command, host: CommandHost): void {
  const diff = group
    .command('diff')
    .description('Show what lies between two versions of a contract.')
    .argument('<name>', 'the contract')
    .argument('<older>', 'a version')
    .argument('<newer>', 'another one');
  explain(diff, {
    about: 'Each change with what it breaks, and a document that shows it.',
    examples: ['atlas-registry contract diff orders.created v1 v2'],
  });
  addAt(addTargetOptions(diff)).action(
    async (...[name, older, newer, flags]: readonly [string, string, string, Flags]) =>
      show(host, flags, async (registry) => {
        const answer = await registry.diff(name, older, newer);
        return { answer, text: comparisonReport(answer, answer.comparison, host) };
      }),
  );
  const changelog = group
    .command('changelog')
    .description('Print the changelog of a contract as Markdown.')
    .argument('<name>', 'the contract');
  explain(changelog, {
    examples: ['atlas-registry contract changelog orders.created > CHANGES.md'],
  });
  addAt(addTargetOptions(changelog)).action(async (name: string, flags: Flags) =>
    show(host, flags, async (registry) => {
      if (flags.json === true)
        return { answer: JSON.parse(await registry.changelog(name, 'json')), text: '' };
      const lines = printableLines(await registry.changelog(name, 'markdown'));
      return { answer: undefined, text: lines.join('\n') };
    }),
  );
  const versions = group
    .command('versions')
    .description('List the versions of a contract.')
    .argument('<name>', 'the contract');
  explain(versions, {
    examples: ['atlas-registry contract versions orders.created --at 2026-01-31T12:00:00Z'],
  });
  addAt(addTargetOptions(versions)).action(async (name: string, flags: Flags) =>
    show(host, flags, async (registry) => {
      const answer = await registry.versions(name);
      return { answer, text: versionTable(answer, host) };
    }),
  );
  addGet(group, host);
}

function addGet(group: Command, host: CommandHost): void {
  const get = group
    .command('get')
    .description('Print one version of a contract.')
    .argument('<name>', 'the contract')
    .argument('[version]', 'the version, or "latest"', 'latest')
    .option('--schema-only', 'print the JSON Schema alone, to the letter');
  explain(get, {
    examples: ['atlas-registry contract get orders.created v2 --schema-only > orders.json'],
  });
  addAt(addTargetOptions(get)).action(
    async (name: string, version: string, flags: Flags & { schemaOnly?: boolean }) =>
      show(host, flags, async (registry) => {
        const answer = await registry.find(name, version);
        if (flags.schemaOnly !== true) return { answer, text: contractText(answer) };
        return { answer: answer.jsonSchema ?? null, text: answer.jsonSchema ?? '' };
      }),
  );
}

interface Shown {
  readonly answer: unknown;
  readonly text: string;
}

async function show(
  host: CommandHost,
  flags: Flags,
  read: (registry: ContractRegistry) => Promise<Shown>,
): Promise<never> {
  return await runToExit(host, async (signal) => {
    const registry = new ContractRegistry(connectScope(flags, signal), { at: flags.at });
    const { answer, text } = await read(registry);
    host.out.write(flags.json === true ? jsonLine(answer) : text);
    return EXIT.ok;
  });
}

function versionTable(
  { name, mode, versions }: VersionsAnswer,
  { colours }: Pick<CommandHost, 'colours'>,
): string {
  const { bold } = pc.createColors(colours);
  const rows = versions.map(({ version, stage, level, createdAt, publisher }) => [
    version,
    stage ?? '-',
    level ?? '-',
    createdAt,
    publisher ?? '-',
  ]);
  const all = [['VERSION', 'STAGE', 'LEVEL', 'PUBLISHED', 'BY'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  const lines = all.map((row) =>
    printable(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).trimEnd(),
  );
  const head = `${bold(printable(name))}${mode === undefined ? '' : `, mode ${printable(mode)}`}`;
  return `${[head, ...lines].join('\n')}\n`;
}

function contractText(contract: ContractAnswer): string {
  const { name, version, createdAt, description, jsonSchema, wit = [], descriptor } = contract;
  const references = (contract.references ?? []).map(
    ({ uri, name: to, version: at }) => `refers to ${to}@${at} as ${uri}`,
  );
  const lines = [
    `${name} ${version}, published ${createdAt}`,
    ...(description === undefined ? [] : [description]),
    ...references,
    ...(jsonSchema === undefined ? [] : ['', 'JSON Schema:', ...jsonSchema.split('\n')]),
    ...wit.flatMap(({ path, text }) => `\nWIT ${path}:\n${text}`.split('\n')),
    ...(descriptor === undefined ? [] : ['', 'Descriptor:', JSON.stringify(descriptor)]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
