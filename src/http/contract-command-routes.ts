import { z } from 'zod';
import { changeContractStage } from '#commands/change-contract-stage';
import { promoteContract } from '#commands/promote-contract';
import { type PublicationAnswer, publishContract } from '#commands/publish-contract';
import { type ContractName, parseContractName, parseContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { quote, RegistryError } from '#domain/errors';
import { NEWEST } from '#domain/position';
import { parseScope, type Scope } from '#domain/scope';
import {
  commandContext,
  commandHeaders,
  definitionViews,
  writableCommands,
} from '#http/command-request';
import { candidateFrom, type PublishedBefore, publishedJson } from '#http/contract-json';
import {
  promoteBody,
  publishBody,
  publishedSchema,
  stageBody,
  stageSchema,
  versionParams,
} from '#http/contract-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Reply, type Route, route } from '#http/route';

/** The routes that change contracts. */
export function contractCommandRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [publish(dependencies), changeStage(dependencies), promote(dependencies)];
}

function publish(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/contracts',
    operationId: 'publishContract',
    summary:
      'Publish a version of a contract, after the gate has judged it; it never changes afterwards',
    tag: 'contracts',
    isCommand: true,
    isStrictJson: true,
    body: publishBody,
    errors: [409, 413, 415, 422, 507],
    responses: {
      201: { description: 'The version is published', schema: publishedSchema },
      200: { description: 'The same content was published before', schema: publishedSchema },
    },
    handle: async (request) => {
      const { contracts } = writableCommands(dependencies);
      const { name, ...candidate } = withStage(request.body, request.mayApprove);
      const context = commandContext(dependencies, 'publishContract', request);
      const { signal } = request;
      const command = { name: parseContractName(name), ...candidateFrom(candidate), signal };
      const answer = await publishContract(contracts, context, command);
      return await published(dependencies, answer, {
        prefix: request.prefix,
        name: command.name,
        scope: request.scope,
      });
    },
  });
}

function promote(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/contracts/{name}/{version}/promote',
    operationId: 'promoteContract',
    summary: 'Publish a version as it is in another environment of the same tenant',
    tag: 'contracts',
    isCommand: true,
    params: versionParams,
    body: promoteBody,
    errors: [404, 409, 413, 415, 422, 507],
    responses: {
      201: { description: 'The version is published there', schema: publishedSchema },
      200: { description: 'The same content was there', schema: publishedSchema },
    },
    handle: async (request) => {
      const { contracts } = writableCommands(dependencies);
      const { params, body, scope } = request;
      const { toEnvironment, notes, stage, override } = withStage(body, request.mayApprove);
      const name = parseContractName(params.name);
      const target = parseScope(scope.tenant, toEnvironment);
      if (!request.maySee(target)) throw unknownEnvironment(toEnvironment);
      const context = commandContext(dependencies, 'promoteContract', request);
      const answer = await promoteContract(
        contracts,
        { ...context, scope: target },
        {
          name,
          version: parseContractVersion(params.version),
          fromEnvironment: scope.environment,
          ...(notes === undefined ? {} : { notes }),
          ...(stage === undefined ? {} : { stage }),
          ...(override === undefined ? {} : { override }),
        },
      );
      const prefix = `/tenants/${target.tenant}/environments/${target.environment}`;
      return await published(dependencies, answer, { prefix, name, scope: target });
    },
  });
}

/** Lets a version of one who may not approve wait for somebody who may, where nothing else is asked for. */
function withStage<T extends { readonly stage?: ContractStage | undefined }>(
  body: T,
  mayApprove: boolean,
): T {
  return mayApprove || body.stage !== undefined ? body : { ...body, stage: 'pending_approval' };
}

function unknownEnvironment(environment: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot promote to environment ${quote(environment)}: there is no such environment (want one that the token is for)`,
    { outcome: 'not-applied' },
  );
}

async function published(
  dependencies: HttpDependencies,
  answer: PublicationAnswer,
  {
    prefix,
    name,
    scope,
  }: { readonly prefix: string; readonly name: ContractName; readonly scope: Scope },
): Promise<Reply> {
  const headers = await commandHeaders(answer, definitionViews(dependencies), dependencies);
  const body = publishedJson(name, answer, publicationOf(dependencies, answer, { scope, name }));
  if (body.status === 'existing') return { status: 200, headers, body };
  const location = `${prefix}/registry/contracts/${body.name}/${body.version}`;
  return { status: 201, headers: { ...headers, Location: location }, body };
}

/** Gives what a publication has made: by its event, or, where it was there already, by what the catalog knows of it. */
function publicationOf(
  { catalog }: HttpDependencies,
  { recorded, published: { version } }: PublicationAnswer,
  { scope, name }: { readonly scope: Scope; readonly name: ContractName },
): PublishedBefore {
  if (recorded?.event.type === 'ContractPublished') {
    const { bundle, gate, publisher } = recorded.event.data;
    return { bundle, gate, publisher };
  }
  const row = catalog().contracts.find(scope, { name, version }, NEWEST);
  return row ?? { bundle: { version }, gate: undefined, publisher: undefined };
}

function changeStage(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/contracts/{name}/{version}/stage',
    operationId: 'changeContractStage',
    summary:
      'Move a version to another stage: draft, pending_approval, approved, deprecated, retired',
    tag: 'contracts',
    isCommand: true,
    params: versionParams,
    body: stageBody,
    errors: [403, 404, 409, 413, 415, 422, 507],
    responses: {
      200: {
        description: 'The version is in that stage',
        schema: z
          .strictObject({
            name: z.string(),
            version: z.string(),
            stage: stageSchema,
            position: z.number().int(),
          })
          .meta({ id: 'ContractStage' }),
      },
    },
    handle: async (request) => {
      const { contracts } = writableCommands(dependencies);
      const { params, body } = request;
      const name = parseContractName(params.name);
      const version = parseContractVersion(params.version);
      const { stage, ...rest } = body;
      const context = commandContext(dependencies, 'changeContractStage', request);
      const answer = await changeContractStage(contracts, context, {
        name,
        version,
        to: stage,
        ...(rest.notes === undefined ? {} : { notes: rest.notes }),
        ...(rest.successor === undefined ? {} : { successor: rest.successor }),
        ...(rest.sunset === undefined ? {} : { sunset: rest.sunset }),
      });
      const headers = await commandHeaders(answer, definitionViews(dependencies), dependencies);
      return { status: 200, headers, body: { name, version, stage, position: answer.position } };
    },
  });
}
