import { z } from 'zod';
import { timestamp } from '#http/api-schemas';

const outcomeSchema = z.enum(['succeeded', 'failed', 'stopped']);

const summarySchema = z
  .strictObject({
    id: z.string().meta({ example: 'rot-2026-01-31T12-00-00-000Z' }),
    drill: z.string().meta({ example: 'rot' }),
    registry_version: z.string(),
    started_at: timestamp,
    seconds: z.number(),
    outcome: outcomeSchema,
    figures: z.array(
      z.strictObject({
        name: z.string(),
        value: z.number().nullable().meta({ description: 'null: it was not measured' }),
        unit: z.string(),
      }),
    ),
    step_count: z.number().int(),
    failed_step_count: z.number().int(),
  })
  .meta({ id: 'DrillSummary' });

/** Schema of one report. */
export const drillReportSchema = summarySchema
  .extend({
    steps: z.array(
      z.strictObject({
        name: z.string(),
        outcome: outcomeSchema,
        detail: z.string().optional().meta({
          description:
            'What was seen. Absent where tokens are asked for: it may be of another tenant.',
        }),
        seconds: z.number(),
      }),
    ),
  })
  .meta({ id: 'DrillReport' });

/** Schema of a list of reports. */
export const drillListSchema = z
  .strictObject({
    drills: z.array(summarySchema),
    unreadable: z
      .array(z.string())
      .meta({ description: 'Files of this page that are called like reports and are none' }),
    next_cursor: z.string().optional().meta({ description: 'Absent on the last page' }),
  })
  .meta({ id: 'DrillList' });

/** The report of a drill as it is shown. */
export interface ShownDrill {
  readonly summary: z.output<typeof summarySchema>;
  readonly steps: z.output<typeof drillReportSchema>['steps'];
}

/** A page of reports, newest first. */
export interface DrillPage {
  readonly drills: readonly ShownDrill[];
  /** What is called like a report and is none. */
  readonly unreadable: readonly string[];
  /** The last one of the page, whether it could be read or not, where there are more. */
  readonly next: string | undefined;
}

/** The reports that drills have left on this node. */
export interface DrillReports {
  /** Lists reports behind one, the newest first. */
  list(page: { readonly after: string | undefined; readonly limit: number }): Promise<DrillPage>;
  /** Finds one; `undefined` for what is none. */
  find(id: string): Promise<ShownDrill | undefined>;
}
