import { type Definition, parseDefinitionVersion } from '#domain/definition';
import type { JobStage } from '#domain/job-stage';
import {
  commandContext,
  commandHeaders,
  definitionViews,
  writableCommands,
} from '#http/command-request';
import { definedJson, sentDefinition } from '#http/definition-json';
import type { DefinitionResource } from '#http/definition-resource';
import {
  definedSchema,
  definitionNotesBody,
  definitionStageBody,
  definitionStageSchema,
  definitionVersionParams,
} from '#http/definition-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';

// Words for steps. `approve` and `activate` are one: what is approved is active.
const VERBS: readonly (readonly [verb: string, to: JobStage])[] = [
  ['submit', 'pending_approval'],
  ['approve', 'active'],
  ['activate', 'active'],
  ['retire', 'retired'],
];

/** The routes that change definitions of one kind. */
export function definitionCommandRoutes<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): readonly Route[] {
  const verbs = VERBS.map(([verb, to]) => verbRoute(dependencies, resource, { verb, to }));
  return [define(dependencies, resource), changeStage(dependencies, resource), ...verbs];
}

function define<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): Route {
  const { path, noun, title, parseId } = resource;
  const operationId = `define${title}`;
  return route({
    method: 'post',
    path: `/registry/${path}`,
    operationId,
    summary: `Define a version of ${withArticle(noun)}, which begins as a draft; what it says never changes`,
    tag: path,
    isCommand: true,
    isStrictJson: true,
    body: resource.body,
    errors: [409, 413, 415, 422, 507],
    responses: {
      201: {
        description: 'The version is defined',
        schema: definedSchema,
        headers: { Location: 'The version' },
      },
      200: { description: 'The same content was defined before', schema: definedSchema },
    },
    handle: async (request) => {
      const commands = writableCommands(dependencies);
      const sent = sentDefinition(request.body, { noun, parseId });
      const context = commandContext(dependencies, operationId, request);
      const answer = await resource.define(commands, context, sent);
      const headers = await commandHeaders(answer, definitionViews(dependencies), dependencies);
      const { defined, recorded, position } = answer;
      const body = definedJson(sent.id, { defined, isNew: recorded !== undefined, position });
      if (body.status === 'existing') return { status: 200, headers, body };
      const location = `${request.prefix}/registry/${path}/${body.id}/${body.version}`;
      return { status: 201, headers: { ...headers, Location: location }, body };
    },
  });
}

type StepRequest = ParsedRequest<
  { readonly id: string; readonly version: string },
  unknown,
  unknown
>;

interface WantedStep {
  readonly request: StepRequest;
  readonly operationId: string;
  readonly to: JobStage;
  readonly notes: string | undefined;
}

const stepSpec = {
  method: 'post',
  isCommand: true,
  params: definitionVersionParams,
  errors: [403, 404, 409, 413, 415, 422, 507],
  responses: {
    200: { description: 'The version is in that stage', schema: definitionStageSchema },
  },
} as const;

function changeStage<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
): Route {
  const operationId = `change${resource.title}Stage`;
  return route({
    ...stepSpec,
    path: `/registry/${resource.path}/{id}/{version}/stage`,
    operationId,
    summary: 'Move a version to another stage: draft, pending_approval, active, retired',
    tag: resource.path,
    body: definitionStageBody,
    handle: async (request) => {
      const { stage: to, notes } = request.body;
      return await takeStep(dependencies, resource, { request, operationId, to, notes });
    },
  });
}

function verbRoute<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
  { verb, to }: { readonly verb: string; readonly to: JobStage },
): Route {
  const operationId = `${verb}${resource.title}`;
  return route({
    ...stepSpec,
    path: `/registry/${resource.path}/{id}/{version}/${verb}`,
    operationId,
    summary: `Move a version to the stage ${to}`,
    tag: resource.path,
    body: definitionNotesBody,
    bodyIsOptional: true,
    handle: async (request) => {
      const { notes } = request.body;
      return await takeStep(dependencies, resource, { request, operationId, to, notes });
    },
  });
}

async function takeStep<D extends Definition>(
  dependencies: HttpDependencies,
  resource: DefinitionResource<D>,
  { request, operationId, to, notes }: WantedStep,
): Promise<Reply> {
  const commands = writableCommands(dependencies);
  const id = resource.parseId(request.params.id);
  const version = parseDefinitionVersion(request.params.version);
  const context = commandContext(dependencies, operationId, request);
  const step = { id, version, to, ...(notes === undefined ? {} : { notes }) };
  const answer = await resource.changeStage(commands, context, step);
  const headers = await commandHeaders(answer, definitionViews(dependencies), dependencies);
  return { status: 200, headers, body: { id, version, stage: to, position: answer.position } };
}

function withArticle(noun: DefinitionResource<Definition>['noun']): string {
  return noun === 'action profile' ? `an ${noun}` : `a ${noun}`;
}
