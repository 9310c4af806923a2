import { z } from 'zod';
import { setting } from '#ops/config/setting';

const VIEW_BACKENDS = ['sqlite', 'postgres', 'filesystem'] as const;

/** Where a store that reads use can lie. */
export type ViewBackend = (typeof VIEW_BACKENDS)[number];

const backend = z.enum(VIEW_BACKENDS).optional();
const places =
  '`sqlite` or `filesystem` in the data folder, or `postgres`. Default: `postgres` where DATABASE_URL is set, else `sqlite`.';

/** The settings of where the stores behind the registries lie. */
export const VIEW_SETTINGS = {
  registryStore: setting('ATLAS_REGISTRY_STORE', backend, {
    doc: `Where the stores of contracts, job definitions and action profiles lie: ${places}`,
  }),
  jobRunStore: setting('ATLAS_JOB_RUN_STORE', backend, {
    doc: `Where job runs lie: ${places}`,
  }),
} as const;
