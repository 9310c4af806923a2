import { z } from 'zod';
import { changeActionProfileStage } from '#commands/change-action-profile-stage';
import { defineActionProfile } from '#commands/define-action-profile';
import { ACTION_TYPES } from '#domain/action-parameters';
import type { ActionProfile } from '#domain/action-profile';
import { parseActionProfileId } from '#domain/definition';
import { definitionCommandRoutes } from '#http/definition-command-routes';
import {
  definitionListResponses,
  definitionPage,
  definitionReadRoutes,
} from '#http/definition-read-routes';
import type { DefinitionResource } from '#http/definition-resource';
import {
  definitionFields,
  documentedBody,
  filteredListQuery,
  metadata,
  tagList,
} from '#http/definition-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const content = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  actions: z
    .array(
      z.strictObject({
        type: z.enum(ACTION_TYPES),
        parameters: z.looseObject({}).meta({ description: 'Those of its type' }),
      }),
    )
    .meta({ description: 'Carried out in this order' }),
  tags: tagList.default([]),
  metadata: metadata.default({}),
});

const sent = z.strictObject({
  id: z.string().meta({ example: 'alerts.team' }),
  version: z.string().optional().meta({ description: 'Absent: the next patch' }),
  ...content.shape,
});

const resource: DefinitionResource<ActionProfile> = {
  noun: 'action profile',
  path: 'action-profiles',
  title: 'ActionProfile',
  parseId: parseActionProfileId,
  body: documentedBody('DefineActionProfile', sent),
  schema: z.strictObject({ ...definitionFields, ...content.shape }).meta({ id: 'ActionProfile' }),
  queries: ({ actionProfiles }) => actionProfiles,
  store: ({ actionProfiles }) => actionProfiles,
  define: async ({ actionProfiles }, ...rest) => await defineActionProfile(actionProfiles, ...rest),
  changeStage: async ({ actionProfiles }, ...rest) =>
    await changeActionProfileStage(actionProfiles, ...rest),
};

const listQuery = filteredListQuery(
  z.enum(ACTION_TYPES).optional().meta({ description: 'It does this' }),
);

/** The routes of action profiles. */
export function actionProfileRoutes(dependencies: HttpDependencies): readonly Route[] {
  const list = route({
    method: 'get',
    path: '/registry/action-profiles',
    operationId: 'listActionProfiles',
    summary: 'List versions of action profiles; further pages are in the Link header',
    tag: 'action-profiles',
    query: listQuery,
    listQueries: ['tag'],
    responses: definitionListResponses,
    handle: async (request) => {
      const { action_type: actionType } = request.query;
      return await definitionPage(dependencies, resource, {
        request,
        ...(actionType === undefined ? {} : { actionType }),
      });
    },
  });
  return [
    ...definitionCommandRoutes(dependencies, resource),
    list,
    ...definitionReadRoutes(dependencies, resource),
  ];
}
