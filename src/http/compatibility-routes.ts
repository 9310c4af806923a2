import { z } from 'zod';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import { setDefaultCompatibilityMode } from '#commands/set-default-compatibility-mode';
import type { CompatibilityMode } from '#domain/contract-gate';
import { type ContractName, parseContractName } from '#domain/contract-name';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { atQuery } from '#http/api-schemas';
import { commandContext, commandHeaders, writableCommands } from '#http/command-request';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { contractParams, modeBody, modeInForce } from '#http/contract-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';

const responses = { 200: { description: 'The mode in force', schema: modeInForce } };

/** The routes of compatibility modes: of one contract, and of all in a scope. */
export function compatibilityRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [
    getMode(dependencies),
    setMode(dependencies),
    getDefault(dependencies),
    setDefault(dependencies),
  ];
}

/** Says which mode holds for a contract, or for a scope, and who set it. */
export function modeInForceAt(
  { catalog, contractChecks }: Pick<HttpDependencies, 'catalog' | 'contractChecks'>,
  scope: Scope,
  { name, asOf }: { readonly name?: ContractName; readonly asOf: Position },
): { mode: CompatibilityMode; source: 'name' | 'scope' | 'default' } {
  const { states } = catalog().contracts;
  const own = name === undefined ? undefined : states.mode(scope, name, asOf);
  if (own !== undefined) return { mode: own, source: 'name' };
  const ofScope = states.defaultMode(scope, asOf);
  if (ofScope !== undefined) return { mode: ofScope, source: 'scope' };
  return { mode: contractChecks.rules.defaultMode, source: 'default' };
}

function getMode(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/compatibility',
    operationId: 'getCompatibilityMode',
    summary: 'Say what a new version of a contract must keep',
    tag: 'contracts',
    params: contractParams,
    query: z.strictObject({ at: atQuery }),
    responses,
    handle: async ({ params, query, scope, header }) => {
      const name = parseContractName(params.name);
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const headers = { [POSITION_HEADER]: String(asOf) };
      return { status: 200, headers, body: modeInForceAt(dependencies, scope, { name, asOf }) };
    },
  });
}

function setMode(dependencies: HttpDependencies): Route {
  return route({
    method: 'put',
    path: '/registry/contracts/{name}/compatibility',
    operationId: 'setCompatibilityMode',
    summary: 'Set what a new version of a contract must keep',
    tag: 'contracts',
    isCommand: true,
    params: contractParams,
    body: modeBody,
    errors: [409, 413, 415, 422, 507],
    responses,
    handle: async (request) => {
      const { contracts } = writableCommands(dependencies);
      const name = parseContractName(request.params.name);
      const mode = request.body.mode ?? undefined;
      const context = commandContext(dependencies, 'setCompatibilityMode', request);
      const answer = await setCompatibilityMode(contracts, context, { name, mode });
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const asOf = dependencies.catalogView.position;
      const body =
        mode === undefined
          ? modeInForceAt(dependencies, request.scope, { asOf })
          : { mode, source: 'name' as const };
      return { status: 200, headers, body };
    },
  });
}

function getDefault(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/compatibility',
    operationId: 'getDefaultCompatibilityMode',
    summary: 'Say what new versions must keep where their contract does not say it',
    tag: 'contracts',
    query: z.strictObject({ at: atQuery }),
    responses,
    handle: async ({ query, scope, header }) => {
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const headers = { [POSITION_HEADER]: String(asOf) };
      return { status: 200, headers, body: modeInForceAt(dependencies, scope, { asOf }) };
    },
  });
}

function setDefault(dependencies: HttpDependencies): Route {
  return route({
    method: 'put',
    path: '/registry/compatibility',
    operationId: 'setDefaultCompatibilityMode',
    summary: 'Set what new versions must keep where their contract does not say it',
    tag: 'contracts',
    isCommand: true,
    body: modeBody,
    errors: [409, 413, 415, 422, 507],
    responses,
    handle: async (request) => {
      const { contractPolicies } = writableCommands(dependencies);
      const mode = request.body.mode ?? undefined;
      const context = commandContext(dependencies, 'setDefaultCompatibilityMode', request);
      const answer = await setDefaultCompatibilityMode(contractPolicies, context, { mode });
      const headers = await commandHeaders(answer, [dependencies.catalogView], dependencies);
      const { rules } = dependencies.contractChecks;
      const body =
        mode === undefined
          ? { mode: rules.defaultMode, source: 'default' as const }
          : { mode, source: 'scope' as const };
      return { status: 200, headers, body };
    },
  });
}
