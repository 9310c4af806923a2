import { type Command, Option } from 'commander';
import type { CommandHost } from '#cli/contract/command-host';
import { addTargetOptions, type TargetFlags } from '#cli/contract/target-options';
import { describeManifest } from '#cli/dataset/describe-manifest';
import { explain } from '#cli/manual/manual-command';
import { addAt, addLimit } from '#cli/remote/options';
import { showRemote } from '#cli/remote/run-remote';
import { writeTable } from '#cli/remote/table';
import { moreLine, take } from '#cli/remote/take';
import type { Schemas } from '#client/operations';

interface GetFlags extends TargetFlags {
  readonly at?: string;
}

interface ListFlags extends GetFlags {
  readonly status?: Schemas['Manifest']['status'];
  readonly limit: number;
}

/** Adds `dataset get`, `dataset list` and `dataset history`. */
export function addDatasetReads(group: Command, host: CommandHost): void {
  const get = group
    .command('get')
    .description('Show one dataset: its manifest, now or as it was.')
    .argument('<name>', 'the dataset, such as 110/homo_sapiens/GRCh38');
  explain(get, {
    examples: [
      'atlas-registry dataset get 110/homo_sapiens/GRCh38',
      'atlas-registry dataset get demo/genes --at 2026-01-31T12:00:00Z --json',
    ],
  });
  addAt(addTargetOptions(get)).action(async (name: string, flags: GetFlags) =>
    showRemote(host, flags, async (client) => {
      const manifest = await client.getDataset(name, { at: flags.at });
      return { json: manifest, text: describeManifest(manifest) };
    }),
  );
  addList(group, host);
  addHistory(group, host);
}

function addList(group: Command, host: CommandHost): void {
  const list = group
    .command('list')
    .description('List datasets by name.')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'registered',
        'published',
        'withdrawn',
      ]),
    );
  explain(list, {
    examples: [
      'atlas-registry dataset list --status published',
      'atlas-registry dataset list --at 12',
    ],
  });
  addLimit(addAt(addTargetOptions(list))).action(async (flags: ListFlags) =>
    showRemote(host, flags, async (client) => {
      const { status, at, limit } = flags;
      const query = { status, at, limit: Math.min(limit + 1, PAGE_MAX) };
      const taken = await take(client.list('listDatasets', query), limit);
      const rows = taken.items.map((one) => [
        one.name,
        one.status,
        String(one.row_count ?? '-'),
        one.updated_at,
        one.schema_fingerprint,
      ]);
      const head = ['NAME', 'STATUS', 'ROWS', 'CHANGED', 'FINGERPRINT'];
      const none = 'There are no datasets: see "atlas-registry dataset register --help"\n';
      const text = rows.length === 0 ? none : writeTable({ head, rows }, host) + moreLine(taken);
      return { json: { datasets: taken.items, has_more: taken.hasMore }, text };
    }),
  );
}

const HISTORY_MANUAL = {
  about: `Every step of a dataset, as the audit has it: where the registry asks for tokens, this needs the scope registry:admin.
"dataset get --at <position>" shows the dataset as each step left it.`,
  examples: ['atlas-registry dataset history demo/genes'],
  seeAlso: ['docs/audit.md'],
};

const PAGE_MAX = 1_000;

function addHistory(group: Command, host: CommandHost): void {
  const history = group
    .command('history')
    .description('Show what was done to a dataset, by whom and when.')
    .argument('<name>', 'the dataset, such as 110/homo_sapiens/GRCh38');
  explain(history, HISTORY_MANUAL);
  addLimit(addTargetOptions(history)).action(async (name: string, flags: ListFlags) =>
    showRemote(host, flags, async (client) => {
      // Says that it is not there, which the audit does not.
      await client.getDataset(name);
      const query = { kind: 'dataset', name, limit: PAGE_MAX } as const;
      const taken = await take(client.list('listAudit', query), flags.limit);
      const rows = taken.items.map((one) => [
        String(one.position),
        one.time,
        one.decision,
        one.actor,
      ]);
      const table = writeTable({ head: ['POSITION', 'TIME', 'STEP', 'BY'], rows }, host);
      const json = { entries: taken.items, has_more: taken.hasMore };
      return { json, text: table + moreLine(taken) };
    }),
  );
}
