import type { Setting } from '#ops/config/setting';
import { SETTINGS } from '#ops/config/settings';

/** The names of the settings that may hold a secret. */
export const SECRET_SETTINGS: readonly string[] = (
  Object.values(SETTINGS) as readonly Setting<unknown>[]
).flatMap(({ env, secret }) => (secret === true ? [env] : []));

/** Values that the chart is rendered with. */
export const VALUE_SETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  defaults: {},
  everything: {
    image: { repository: 'registry.example/atlas', tag: '1.2.3', pullSecrets: ['pull'] },
    env: { ATLAS_LOG_LEVEL: 'warn', ATLAS_MAX_DISK_BYTES: '8589934592' },
    secretEnv: {
      DATABASE_URL: { name: 'atlas-postgres', key: 'url' },
      REDIS_URL: { name: 'atlas-redis', key: 'url' },
      AWS_ACCESS_KEY_ID: { name: 'atlas-s3', key: 'id' },
      AWS_SECRET_ACCESS_KEY: { name: 'atlas-s3', key: 'secret' },
    },
    secretFiles: { ATLAS_BOOTSTRAP_KEY_FILE: { name: 'atlas-bootstrap', key: 'key' } },
    tls: { secretName: 'atlas-tls' },
    drain: { seconds: 20, graceSeconds: 30 },
    serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/atlas' } },
    writer: { autoscaling: { enabled: true }, env: { ATLAS_LOG_LEVEL: 'info' } },
    reader: { autoscaling: { enabled: true }, persistence: { storageClass: 'fast' } },
    monitoring: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      rules: { enabled: true, labels: { release: 'prometheus' } },
    },
    backup: {
      enabled: true,
      to: 's3://backups/atlas',
      keySecret: { name: 'atlas-backup' },
      secretEnv: { NATS_URL: { name: 'atlas-backup', key: 'nats-url' } },
    },
    provision: {
      enabled: true,
      env: { NATS_INBOX_PREFIX: '_INBOX_provisioner' },
      secretFiles: { NATS_NKEY_PATH: { name: 'atlas-nats', key: 'provisioner.nk' } },
    },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'atlas', effect: 'NoSchedule' }],
  },
  'external secrets': {
    secretEnv: { NATS_URL: { name: 'vault-nats', key: 'url' }, ATLAS_CURSOR_SECRET: null },
    writer: {
      secretFiles: { NATS_NKEY_PATH: { name: 'vault-nats', key: 'writer.nk' } },
      env: { NATS_INBOX_PREFIX: '_INBOX_writer' },
    },
    reader: {
      secretFiles: { NATS_NKEY_PATH: { name: 'vault-nats', key: 'reader.nk' } },
      env: { NATS_INBOX_PREFIX: '_INBOX_reader' },
      persistence: { enabled: false },
    },
    projector: { enabled: false },
    networkPolicy: {
      egress: [{ ports: [4222], to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
    },
  },
};
