import { z } from 'zod';

/** Schema of how the sources of datasets stand. */
export const registryHealthSchema = z
  .strictObject({
    mode: z.enum(['live', 'frozen', 'cached-only']),
    ttl_ms: z.number().int(),
    epoch: z.number().int().meta({ description: 'Changes of the merged catalog since the start' }),
    datasets: z.number().int(),
    sources: z.array(
      z.strictObject({
        name: z.string(),
        priority: z.number().int().meta({ description: '0 comes first' }),
        healthy: z.boolean(),
        last_error: z.string().nullable(),
        last_error_class: z.string().nullable(),
        age_ms: z.number().int().nullable().meta({ description: 'Since it last confirmed' }),
        datasets: z.number().int(),
        shadowed_datasets: z.number().int(),
        circuit: z.enum(['closed', 'open', 'half-open']),
      }),
    ),
    errors: z.array(
      z.strictObject({ backend: z.string(), class: z.string(), count: z.number().int() }),
    ),
  })
  .meta({ id: 'RegistryHealth', description: 'How the sources of datasets stand.' });

/** How the sources of datasets stand, as `/debug/registry-health` shows it. */
export type RegistryHealth = z.output<typeof registryHealthSchema>;
