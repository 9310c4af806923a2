import { z } from 'zod';
import { quote, RegistryError } from '#domain/errors';
import { cursorQuery, integerQuery } from '#http/api-schemas';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type DrillReports, drillListSchema, drillReportSchema } from '#http/drill-reports';
import { type Route, route } from '#http/route';

const PAGE = { min: 1, max: 100, default: 20 };
const ID_MAX = 100;
const NO_STORE = { 'Cache-Control': 'no-store' };
const cursorSchema = z.strictObject({ after: z.string().max(ID_MAX) });

/** The routes that show what drills have come to. A node that does not enable them has none. */
export function drillRoutes(dependencies: HttpDependencies): readonly Route[] {
  const { drillReports: reports, guard } = dependencies;
  return reports === undefined ? [] : [list(reports), get(reports, guard !== undefined)];
}

function list(reports: DrillReports): Route {
  return route({
    method: 'get',
    path: '/registry/drills',
    operationId: 'listDrills',
    summary: 'List the reports of drills that this node keeps, the newest first',
    tag: 'drills',
    query: z.strictObject({ limit: integerQuery(PAGE), cursor: cursorQuery }),
    responses: { 200: { description: 'A page of reports', schema: drillListSchema } },
    handle: async ({ query }) => {
      const after = decodeCursor(query.cursor, cursorSchema)?.after;
      const { drills, unreadable, next } = await reports.list({ after, limit: query.limit });
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          drills: drills.map(({ summary }) => summary),
          unreadable,
          ...(next === undefined ? {} : { next_cursor: encodeCursor({ after: next }) }),
        },
      };
    },
  });
}

function get(reports: DrillReports, isGuarded: boolean): Route {
  return route({
    method: 'get',
    path: '/registry/drills/{id}',
    operationId: 'getDrill',
    summary: 'Get the report of one drill',
    tag: 'drills',
    params: z.strictObject({ id: z.string().meta({ example: 'rot-2026-01-31T12-00-00-000Z' }) }),
    errors: [404],
    responses: { 200: { description: 'The report', schema: drillReportSchema } },
    handle: async ({ params }) => {
      const found = await reports.find(params.id);
      if (found === undefined) throw notFound(params.id);
      const steps = found.steps.map(({ detail, ...step }) =>
        isGuarded ? step : { ...step, detail },
      );
      return { status: 200, headers: NO_STORE, body: { ...found.summary, steps } };
    },
  });
}

function notFound(id: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find the report of drill ${quote(id)}: this node keeps none of that id (want one that GET /registry/drills lists)`,
  );
}
