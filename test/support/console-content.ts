import { join } from 'node:path';
import { readGeneTable } from '#cli/examples/gene-table';
import { packageInfo } from '#ops/package-root';
import type { Api } from '#test/support/api';
import { columnOf, datasetOf } from '#test/support/data-contracts';
import { GENE_TABLES, geneBytes, publishBytes } from '#test/support/serving';

/** The dataset whose rows can be asked for: the genes of a stretch of the human chromosome 17. */
export const GENES = '110/homo_sapiens/GRCh38';
export const REGION = { seqid: '17', from: 42_900_000, to: 43_500_000 };

const SCHEMA = {
  type: 'object',
  required: ['order_id'],
  properties: { order_id: { type: 'string' } },
};

/** The version that this schema replaces takes documents without `amount`. */
export const STRICTER = {
  type: 'object',
  required: ['order_id', 'amount'],
  properties: { order_id: { type: 'string' }, amount: { type: 'integer' } },
};

/** What would run if it were taken for markup. */
export const MARKUP = '<img src="x" onerror="document.title = 1"><b>bold</b>';

const MORE = ['billing/invoices', 'billing/payments', 'crm/contacts', 'web/sessions', 'web/clicks'];

/** Fills a registry with something of everything. The first four events are those of three datasets. */
export async function fillConsole(api: Api): Promise<void> {
  for (const name of ['sales/orders', 'sales/returns', 'shop/parts'])
    await register(api, name, 120);
  await register(api, 'sales/orders', 121);
  await publishContracts(api);
  await runJobs(api);
  for (const [index, name] of MORE.entries()) await register(api, name, 4_000 * (index + 1));
  await publishBytes(api, { name: GENES, bytes: geneBytes(regionGenes()), tables: GENE_TABLES });
}

async function write(api: Api, path: string, body: object): Promise<void> {
  const { status, text } = await api.post(path, body);
  if (status >= 300) throw new Error(`Cannot fill the registry by "${path}": ${text}`);
}

async function register(api: Api, name: string, rows: number): Promise<void> {
  const body = { name, schema_fingerprint: 'sha256:1f0c', row_count: rows };
  await write(api, '/registry/datasets', body);
}

function regionGenes() {
  const folder = join(packageInfo().root, 'examples/genes');
  const { genes } = readGeneTable(join(folder, `${GENES}.tsv.br`), GENES);
  const { seqid, from, to } = REGION;
  return genes.filter((gene) => gene.seqid === seqid && gene.end >= from && gene.start <= to);
}

async function publishContracts(api: Api): Promise<void> {
  const name = 'sales.order-placed';
  await write(api, '/registry/contracts', { name, version: '1.0.0', jsonSchema: SCHEMA });
  const properties = { ...SCHEMA.properties, note: { description: 'For people' } };
  await write(api, '/registry/contracts', {
    name,
    version: '1.1.0',
    description: MARKUP,
    jsonSchema: { ...SCHEMA, properties },
  });
  await write(api, '/registry/contracts', {
    name: 'genes.summary',
    version: '1.0.0',
    description: 'What the table of genes holds',
    descriptor: datasetOf({
      datasetType: 'gene_summary',
      columns: [columnOf('gene_id'), columnOf('start', { dataType: 'integer' })],
    }),
  });
}

async function runJobs(api: Api): Promise<void> {
  await write(api, '/registry/job-definitions', {
    id: 'orders.check',
    name: 'Check orders',
    kind: 'validation',
    datasets: ['sales/orders'],
    trigger: { type: 'MANUAL' },
  });
  const begin = async (id: string): Promise<void> => {
    const inputs = ['sales/orders'];
    await write(api, '/registry/job-runs', { id, job: 'orders.check', kind: 'validation', inputs });
  };
  await begin('orders-saturday');
  await write(api, '/registry/job-runs/orders-saturday/finish', {
    status: 'succeeded',
    counts: { rows: 120 },
    metrics: { null_share: 0.02 },
  });
  await begin('orders-sunday');
  await write(api, '/registry/job-runs/orders-sunday/finish', {
    status: 'failed',
    counts: { rows: 121 },
    findings: { error: 1, warning: 3 },
    message: 'One order has no amount',
  });
  await begin('orders-monday');
}
