import { bindAddress, flag, setting } from '#ops/config/setting';

/** The settings of what a node tells of itself. */
export const METRICS_SETTINGS = {
  metrics: setting('ATLAS_METRICS', flag, {
    default: 'true',
    doc: 'Whether the node counts what it does and shows it at `/metrics`.',
  }),
  metricsBind: setting('ATLAS_METRICS_ADDR', bindAddress.optional(), {
    doc: 'Address on which `/metrics` is served by itself, for example 127.0.0.1:9464. Default: beside everything else where ATLAS_AUTH is off, nowhere where it is on, because what it shows is of all tenants.',
  }),
} as const;
