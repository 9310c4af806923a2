import { type Command, Option } from 'commander';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { bytesText, describeManifest } from '#cli/dataset/describe-manifest';
import { explain } from '#cli/manual/manual-command';
import { addAt, addLimit } from '#cli/remote/options';
import { showRemote } from '#cli/remote/run-remote';
import { writeTable } from '#cli/remote/table';
import { moreLine, take } from '#cli/remote/take';

interface GetFlags extends TargetFlags {
  readonly at?: string;
}

interface HistoryFlags extends GetFlags {
  readonly newest?: boolean;
  readonly limit: number;
}

interface ListFlags extends GetFlags {
  readonly name?: string;
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
    .option('--name <text>', 'only those whose name holds it, in capitals or not')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'registered',
        'published',
        'withdrawn',
      ]),
    );
  explain(list, {
    examples: [
      'atlas-registry dataset list --name homo --status published',
      'atlas-registry dataset list --at 12',
    ],
  });
  addLimit(addAt(addTargetOptions(list))).action(async (flags: ListFlags) =>
    showRemote(host, flags, async (client) => {
      const { name: text, status, at, limit } = flags;
      const query = { text, status, at, limit: Math.min(limit + 1, PAGE_MAX) };
      const taken = await take(client.list('listDatasets', query), limit);
      const rows = taken.items.map((one) => [
        one.name,
        one.status,
        String(one.row_count ?? '-'),
        one.updated_at,
        one.schema_fingerprint,
      ]);
      const head = ['NAME', 'STATUS', 'ROWS', 'CHANGED', 'FINGERPRINT'];
      const isFiltered = text !== undefined || status !== undefined;
      const none = isFiltered
        ? 'No dataset fits\n'
        : 'There are no datasets: see "atlas-registry dataset register --help"\n';
      const table = rows.length === 0 ? none : writeTable({ head, rows }, host) + moreLine(taken);
      return { json: { datasets: taken.items, has_more: taken.hasMore }, text: table };
    }),
  );
}

const HISTORY_MANUAL = {
  about: `Every step of a dataset: who did what and when, and what it came to. "dataset get --at <position>" shows the dataset as each
step left it.`,
  examples: [
    'atlas-registry dataset history demo/genes',
    'atlas-registry dataset history demo/genes --newest --limit 1 --json',
  ],
  seeAlso: ['docs/audit.md'],
};

const PAGE_MAX = 1_000;
const HISTORY_HEAD = ['POSITION', 'TIME', 'STEP', 'STATUS', 'ROWS', 'OBJECTS', 'SIZE', 'BY'];

function addHistory(group: Command, host: CommandHost): void {
  const history = group
    .command('history')
    .description('Show what was done to a dataset, by whom and when.')
    .argument('<name>', 'the dataset, such as 110/homo_sapiens/GRCh38')
    .option('--newest', 'the newest step first (default: the oldest)');
  explain(history, HISTORY_MANUAL);
  addLimit(addAt(addTargetOptions(history))).action(async (name: string, flags: HistoryFlags) =>
    showRemote(host, flags, async (client) => {
      const { at, limit, newest } = flags;
      const order = newest === true ? 'newest' : 'oldest';
      const query = { at, order, limit: Math.min(limit + 1, PAGE_MAX) } as const;
      const all = client.list('getDatasetHistory', query, { params: { name } });
      const taken = await take(all, limit);
      const rows = taken.items.map((one) => [
        String(one.position),
        one.time,
        one.decision,
        one.status,
        String(one.row_count ?? '-'),
        String(one.object_count),
        bytesText(one.bytes),
        one.actor,
      ]);
      const table = writeTable({ head: HISTORY_HEAD, rows }, host);
      const json = { entries: taken.items, has_more: taken.hasMore };
      return { json, text: table + moreLine(taken) };
    }),
  );
}
