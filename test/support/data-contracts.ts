import type { JsonObject } from '#domain/canonical-json';

type Rest = Readonly<JsonObject>;

/** Makes a column; text where nothing else is said. */
export function columnOf(id: string, rest: Rest = {}): JsonObject {
  return { id, dataType: 'string', ...rest };
}

/** Makes the descriptor of a dataset; with two columns where nothing else is said. */
export function datasetOf(rest: Rest = {}): JsonObject {
  return {
    kind: 'dataset-contract',
    datasetType: 'orders',
    columns: [columnOf('order_id'), columnOf('note', { required: false })],
    ...rest,
  };
}

/** Makes the descriptor of several datasets. */
export function dataContractOf(rest: Rest = {}): JsonObject {
  return { kind: 'data-contract', datasets: [datasetOf()], ...rest };
}

/** A dataset that uses every member there is. */
export const wholeDataset: JsonObject = datasetOf({
  datasetType: 'Orders',
  description: 'One row an order.\nWritten at night.',
  catalogEntityIds: ['sales/order'],
  owner: 'team-sales',
  columns: [
    {
      id: 'order_id',
      displayName: 'Order',
      aliases: ['id'],
      dataType: 'integer',
      description: 'Given by the shop',
      required: true,
      format: 'int64',
      constraints: { required: true, unique: true, disallowNulls: true, minValue: 1 },
      catalogAttributeId: 'sales/order/id',
      profilingExpectations: [
        { metric: 'distinct_count', minThreshold: 1, maxThreshold: 1_000, changeTolerancePct: 10 },
      ],
      sensitivityTags: ['internal'],
      metadata: { source: 'shop' },
    },
    {
      id: 'status',
      dataType: 'string',
      defaultValue: 'open',
      constraints: { allowedValues: ['open', 'paid'], regex: '^[a-z]+$', minLength: 4 },
    },
    { id: 'paid_at', dataType: 'timestamp', required: false, defaultValue: null },
  ],
  primaryKeys: ['order_id'],
  indexes: [{ name: 'by_status', fields: ['status', 'paid_at'], unique: false }],
  classification: 'internal',
  retentionPolicyId: 'seven-years',
  schemaHash: 'sha256:00',
  dependsOn: [{ name: 'customers.master', version: 'latest' }],
  schemaRegistryRef: { subject: 'orders', version: 3, registryType: 'confluent', uri: 'http://x' },
  qualitySlos: [
    { metric: 'completeness', target: 0.99 },
    { metric: 'delay_minutes', target: 90, periodDays: 7 },
  ],
  metadata: { tier: '1' },
});
