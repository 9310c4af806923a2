import { z } from 'zod';
import { changeJobStage } from '#commands/change-job-stage';
import { defineJob } from '#commands/define-job';
import { parseJobDefinitionId } from '#domain/definition';
import { IDEMPOTENCY_SCOPES, type JobDefinition } from '#domain/job-definition';
import { JOB_KINDS } from '#domain/job-run';
import { SEVERITIES } from '#domain/severity';
import { definitionCommandRoutes } from '#http/definition-command-routes';
import {
  definitionListResponses,
  definitionPage,
  definitionReadRoutes,
} from '#http/definition-read-routes';
import type { DefinitionResource } from '#http/definition-resource';
import {
  definitionFields,
  definitionListQuery,
  documentedBody,
  metadata,
  tagList,
  wantedVersion,
} from '#http/definition-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const condition = z.strictObject({
  path: z.string().meta({ description: 'A JSON pointer into the data of the event' }),
  equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});

const trigger = z.union([
  z.strictObject({ type: z.literal('MANUAL') }),
  z.strictObject({
    type: z.literal('SCHEDULED'),
    cron: z.string().meta({ example: '0 6 * * 1-5' }),
    timeZone: z.string().meta({ example: 'Europe/Berlin' }),
  }),
  z.strictObject({
    type: z.literal('EXTERNAL_EVENT'),
    source: z.string(),
    filter: z
      .strictObject({
        eventType: z.string().optional(),
        subjectPrefix: z.string().optional(),
        where: z.array(condition).default([]),
      })
      .default({ where: [] }),
  }),
]);

const profiles = z.array(z.strictObject({ id: z.string(), version: wantedVersion })).default([]);

const content = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  kind: z.enum(JOB_KINDS),
  contract: z.strictObject({ name: z.string(), version: wantedVersion }).optional(),
  datasets: z.array(z.string()).default([]),
  trigger,
  onSuccess: profiles,
  onFailure: profiles,
  onAnomaly: profiles,
  severityThreshold: z.enum(SEVERITIES).default('error'),
  idempotencyScope: z.enum(IDEMPOTENCY_SCOPES).default('none'),
  timeoutMs: z.number().int().default(3_600_000),
  tags: tagList.default([]),
  metadata: metadata.default({}),
});

const sent = z.strictObject({
  id: z.string().meta({ example: 'orders.check' }),
  version: z.string().optional().meta({ description: 'Absent: the next patch' }),
  ...content.shape,
});

const resource: DefinitionResource<JobDefinition> = {
  noun: 'job definition',
  path: 'job-definitions',
  title: 'JobDefinition',
  parseId: parseJobDefinitionId,
  body: documentedBody('DefineJob', sent),
  schema: z.strictObject({ ...definitionFields, ...content.shape }).meta({ id: 'JobDefinition' }),
  queries: ({ jobDefinitions }) => jobDefinitions,
  store: ({ jobDefinitions }) => ({
    get: async (scope, id) => await jobDefinitions.get(scope, id),
    list: async (scope, page) => await jobDefinitions.listByTags(scope, page),
  }),
  define: async ({ jobDefinitions }, ...rest) => await defineJob(jobDefinitions, ...rest),
  changeStage: async ({ jobDefinitions }, ...rest) => await changeJobStage(jobDefinitions, ...rest),
};

/** The routes of job definitions. */
export function jobDefinitionRoutes(dependencies: HttpDependencies): readonly Route[] {
  const list = route({
    method: 'get',
    path: '/registry/job-definitions',
    operationId: 'listJobDefinitions',
    summary: 'List versions of job definitions; further pages are in the Link header',
    tag: 'job-definitions',
    query: definitionListQuery,
    listQueries: ['tag'],
    responses: definitionListResponses,
    handle: async (request) => await definitionPage(dependencies, resource, { request }),
  });
  return [
    ...definitionCommandRoutes(dependencies, resource),
    list,
    ...definitionReadRoutes(dependencies, resource),
  ];
}
