import type { NatsRole } from '#test/support/nats-roles';

/** The durable consumer that the files in `deploy/nats` name. */
export const DURABLE = 'orders-sync';

/** Everything that is stored. */
export const STREAMS = ['REGISTRY', 'JOBS', 'KV_contracts', 'KV_webhooks'];
/** The subject of an event that nobody has decided. */
export const EVENT = 'atlas.default.dev.dataset.forged';

/** What nobody may, not even who provisions. */
export const FOR_NOBODY = [
  ...STREAMS.flatMap((stream) => [
    `$JS.API.STREAM.DELETE.${stream}`,
    `$JS.API.STREAM.PURGE.${stream}`,
    `$JS.API.STREAM.MSG.DELETE.${stream}`,
    `$JS.API.STREAM.SNAPSHOT.${stream}`,
    `$JS.API.STREAM.RESTORE.${stream}`,
  ]),
  'atlas-tail.REGISTRY.atlas.default.dev.dataset.forged',
  'atlas-tail.JOBS.atlas.default.dev.job-run.forged',
  '$JS.API.STREAM.CREATE.OTHER',
  '$JS.API.STREAM.UPDATE.OTHER',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.NAMES',
  '$JS.API.ACCOUNT.PURGE.ATLAS',
  // The name would stand in the request alone.
  '$JS.API.CONSUMER.CREATE.REGISTRY',
  '$JS.API.CONSUMER.CREATE.JOBS',
  '_INBOX_writer.guess',
  'anything',
];

const FOR_PROVISIONER = [
  ...STREAMS.map((stream) => `$JS.API.STREAM.CREATE.${stream}`),
  '$JS.API.STREAM.UPDATE.REGISTRY',
  '$JS.API.STREAM.UPDATE.JOBS',
];

const OF_DURABLE = [
  `$JS.API.CONSUMER.CREATE.REGISTRY.${DURABLE}`,
  `$JS.API.CONSUMER.CREATE.REGISTRY.${DURABLE}.${EVENT}`,
  `$JS.API.CONSUMER.DURABLE.CREATE.REGISTRY.${DURABLE}`,
  `$JS.API.CONSUMER.DELETE.REGISTRY.${DURABLE}`,
  `$JS.API.CONSUMER.PAUSE.REGISTRY.${DURABLE}`,
  `$JS.API.CONSUMER.RESET.REGISTRY.${DURABLE}`,
];
const TAKES_FROM_DURABLE = [
  `$JS.API.CONSUMER.MSG.NEXT.REGISTRY.${DURABLE}`,
  `$JS.API.CONSUMER.INFO.REGISTRY.${DURABLE}`,
  `$JS.ACK.REGISTRY.${DURABLE}.1.1.1.1.1`,
];
const LISTS = ['$JS.API.CONSUMER.NAMES.REGISTRY', '$JS.API.CONSUMER.LIST.REGISTRY'];
const BUCKET = ['$KV.contracts.meta.forged.v1', '$KV.contracts._checkpoint'];
const DELIVERIES = ['$KV.webhooks.cursor.forged', '$KV.webhooks.dead.forged'];

/** What is the work of others, for each role. */
export const FORBIDDEN: Readonly<Record<NatsRole, readonly string[]>> = {
  writer: [...FOR_PROVISIONER, ...OF_DURABLE, ...TAKES_FROM_DURABLE, ...LISTS, ...BUCKET],
  projector: [
    EVENT,
    ...FOR_PROVISIONER,
    ...OF_DURABLE,
    ...TAKES_FROM_DURABLE,
    ...LISTS,
    '$KV.other.a',
    ...DELIVERIES,
  ],
  all: [...FOR_PROVISIONER, ...OF_DURABLE, ...TAKES_FROM_DURABLE, ...LISTS, '$KV.other.a'],
  reader: [
    EVENT,
    ...FOR_PROVISIONER,
    ...OF_DURABLE,
    ...TAKES_FROM_DURABLE,
    ...LISTS,
    ...BUCKET,
    ...DELIVERIES,
  ],
  provisioner: [
    EVENT,
    ...TAKES_FROM_DURABLE.filter((one) => !one.includes('INFO')),
    ...LISTS,
    ...BUCKET,
    ...DELIVERIES,
  ],
  consumer: [
    EVENT,
    ...FOR_PROVISIONER,
    ...OF_DURABLE,
    ...LISTS,
    ...BUCKET,
    ...DELIVERIES,
    '$JS.API.CONSUMER.CREATE.REGISTRY.other',
    '$JS.API.CONSUMER.MSG.NEXT.REGISTRY.other',
    '$JS.API.CONSUMER.CREATE.JOBS.other',
    '$JS.API.STREAM.MSG.GET.REGISTRY',
    '$JS.API.DIRECT.GET.REGISTRY',
    '$JS.API.DIRECT.GET.KV_contracts',
    '$JS.ACK.JOBS.other.1.1.1.1.1',
  ],
};
