import type { Command } from 'commander';
import type { AtlasClient } from '#api-client/atlas-client';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, type ExitCode } from '#cli/command/exit-code';
import { jsonLine } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';
import { addAt, addLimit } from '#cli/remote/options';
import { runRemote } from '#cli/remote/run-remote';
import { writeTable } from '#cli/remote/table';
import { moreLine, take } from '#cli/remote/take';

interface QueryFlags extends TargetFlags {
  readonly key?: string;
  readonly range?: string;
  readonly at?: string;
  readonly limit: number;
}

const PAGE_MAX = 500;

const MANUAL = {
  about: `Reads the rows of a table that the manifest declares, of the artifact that is published now. With --at they are those of then, or
it says that another artifact was published since. With --json every row is a
line of its own, written as it comes; that there are more than --limit is said on standard error.`,
  examples: [
    'atlas-registry dataset query 110/homo_sapiens/GRCh38 gene_summary --key ENSG00000139618',
    'atlas-registry dataset query 110/homo_sapiens/GRCh38 gene_summary --range 13:32300000-32400000 --json',
  ],
  exits: { [EXIT.ok]: 'done, also where no row fits' },
};

/** Adds `dataset query`. */
export function addDatasetQuery(group: Command, host: CommandHost): void {
  const query = group
    .command('query')
    .description('Show rows of a published dataset.')
    .argument('<name>', 'the dataset, such as 110/homo_sapiens/GRCh38')
    .argument('<table>', 'a table that its manifest declares')
    .option('--key <value>', 'only this key, or a JSON array of the values of its first columns')
    .option('--range <range>', 'only what overlaps it: within:start-end, both ends included');
  explain(query, MANUAL);
  addLimit(addAt(addTargetOptions(query))).action(
    async (name: string, table: string, flags: QueryFlags) =>
      runRemote(host, flags, async (client) => {
        const rows = rowsOf(client, { name, table }, flags);
        if (flags.json === true) return await writeRows(rows, flags.limit, host);
        const taken = await take(rows, flags.limit);
        host.out.write(describe(taken.items, host) + moreLine(taken));
        return EXIT.ok;
      }),
  );
}

/** Writes rows as they come: nobody has to wait for the last one, and many take no room. */
async function writeRows(
  rows: AsyncIterable<Schemas['Row']>,
  limit: number,
  { out, err }: CommandHost,
): Promise<ExitCode> {
  let count = 0;
  for await (const row of rows) {
    if (count === limit) {
      err.write(moreLine({ items: { length: count }, hasMore: true }));
      break;
    }
    out.write(jsonLine(row));
    count += 1;
  }
  return EXIT.ok;
}

async function* rowsOf(
  client: AtlasClient,
  params: { readonly name: string; readonly table: string },
  { key, range, limit, at }: QueryFlags,
): AsyncGenerator<Schemas['Row']> {
  const artifact = at === undefined ? undefined : await artifactAt(client, params.name, at);
  let query: object | undefined = {
    key,
    range,
    artifact,
    limit: Math.min(limit + 1, PAGE_MAX),
  };
  while (query !== undefined) {
    const answer: Awaited<ReturnType<typeof readPage>> = await readPage(client, params, query);
    yield* answer.rows;
    query = answer.next;
  }
}

/** Finds the artifact that was published then. @throws CommandFault where none was, or where another one is by now */
async function artifactAt(client: AtlasClient, name: string, at: string): Promise<string> {
  const then = await client.getDataset(name, { at });
  const refuse = (is: string, want: string): CommandFault =>
    new CommandFault(
      EXIT.refused,
      `Cannot read rows of dataset ${JSON.stringify(name)} at ${JSON.stringify(at)}: ${is} (want ${want})`,
    );
  const sha256 = then.artifact?.sha256;
  if (then.status !== 'published' || sha256 === undefined)
    throw refuse(`it was ${then.status} then`, 'published');
  const { artifact } = await client.getDataset(name);
  if (artifact?.sha256 === sha256) return sha256;
  throw refuse(
    `its artifact was ${sha256}, and is another one by now`,
    'a time since which nothing else was published: rows are read from what is published',
  );
}

async function readPage(
  client: AtlasClient,
  params: { readonly name: string; readonly table: string },
  query: object,
): Promise<{ readonly rows: readonly Schemas['Row'][]; readonly next: object | undefined }> {
  const { data, next } = await client.call('listRows', { params, query });
  return { rows: typeof data === 'string' ? [] : data.rows, next };
}

function describe(rows: readonly Schemas['Row'][], host: CommandHost): string {
  const [first] = rows;
  if (first === undefined) return 'No row fits\n';
  const head = Object.keys(first);
  const cells = rows.map((row) => head.map((column) => cellOf(row[column])));
  return writeTable({ head, rows: cells }, host);
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
