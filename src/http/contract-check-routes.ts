import { z } from 'zod';
import { type ContractCheck, checkContract } from '#commands/check-contract';
import { compareContractVersions, notPublished } from '#commands/compare-contract-versions';
import { changelogMarkdown } from '#contracts/versioning/changelog';
import { parseContractName, parseContractVersion, versionOrderKey } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import { atQuery, cursorQuery, integerQuery } from '#http/api-schemas';
import { modeInForceAt } from '#http/compatibility-routes';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { candidateFrom, recordedJson } from '#http/contract-json';
import {
  checkBody,
  checkedSchema,
  comparisonSchema,
  contractParams,
  modeSchema,
  recordedSchema,
  versionParams,
} from '#http/contract-schemas';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { type Route, route } from '#http/route';
import type { HistoryEntry } from '#projections/catalog/contract-lists';

const PAGE = { min: 1, max: 200, default: 100 };
const cursorSchema = z.strictObject({ before: z.string() });
/** The longest changelog in one answer. */
const CHANGELOG_LENGTH_MAX = 4_194_304;

/** The routes that explain: what publishing would come to, what lies between two versions, what has changed. */
export function contractCheckRoutes(dependencies: HttpDependencies): readonly Route[] {
  return [check(dependencies), diff(dependencies), changelog(dependencies)];
}

function check(dependencies: HttpDependencies): Route {
  return route({
    method: 'post',
    path: '/registry/contracts/{name}/check',
    operationId: 'checkContract',
    summary: 'Say what publishing would come to, and write nothing',
    tag: 'contracts',
    isStrictJson: true,
    params: contractParams,
    body: checkBody,
    errors: [413, 415],
    responses: { 200: { description: 'Everything that was found', schema: checkedSchema } },
    handle: async ({ params, body, scope, signal }) => {
      const command = { name: parseContractName(params.name), ...candidateFrom(body), signal };
      const found = await checkContract(dependencies.contractChecks, scope, command);
      const headers = { [POSITION_HEADER]: String(dependencies.catalogView.position) };
      return { status: 200, headers, body: checkedJson(found, body.version) };
    },
  });
}

function checkedJson(
  found: ContractCheck,
  chosen: string | undefined,
): z.input<typeof checkedSchema> {
  const { wouldPublish, report, outcome } = found;
  const version = outcome === 'refused' ? chosen : found.version;
  const mode = modeOf(found);
  const level = outcome === 'publish' ? found.gate.level : report?.level;
  const want = outcome === 'refused' ? found.want : undefined;
  return {
    wouldPublish,
    isThere: outcome === 'existing',
    ...(version === undefined ? {} : { version }),
    ...(want === undefined ? {} : { want }),
    ...(mode === undefined ? {} : { mode }),
    ...(level === undefined ? {} : { level }),
    ...(outcome === 'refused' ? { reason: found.refusal.message } : {}),
    faults: [...(report?.faults ?? [])],
    warnings: [...(report?.warnings ?? [])],
    comparisons: [...(report?.comparisons ?? [])] as z.input<typeof comparisonSchema>[],
  };
}

/** Gives the mode by which a candidate was judged; the refusal of one names it. */
function modeOf(found: ContractCheck): z.input<typeof modeSchema> | undefined {
  if (found.outcome === 'publish') return found.gate.mode;
  if (found.outcome === 'existing') return undefined;
  return modeSchema.optional().parse(found.refusal.details['mode']);
}

function diff(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/{version}/diff/{other}',
    operationId: 'diffContracts',
    summary: 'Say what lies between two versions, each change explained',
    tag: 'contracts',
    params: versionParams.extend({ other: z.string().meta({ example: 'v2' }) }),
    query: z.strictObject({ at: atQuery }),
    errors: [404, 422],
    responses: {
      200: {
        description: 'What "other" changes after "version"',
        schema: z
          .strictObject({
            name: z.string(),
            older: z.string(),
            newer: z.string(),
            comparison: comparisonSchema,
          })
          .meta({ id: 'ContractDiff' }),
      },
    },
    handle: async ({ params, query, scope, header, signal }) => {
      const name = parseContractName(params.name);
      const [older, newer] = [
        parseContractVersion(params.version),
        parseContractVersion(params.other),
      ];
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const { mode } = modeInForceAt(dependencies, scope, { name, asOf });
      for (const version of [older, newer])
        if (dependencies.catalog().contracts.find(scope, { name, version }, asOf) === undefined)
          throw notPublished(name, version);
      const pair = { name, older, newer, mode, signal };
      const comparison = await compareContractVersions(dependencies.contractChecks, scope, pair);
      const headers = { [POSITION_HEADER]: String(asOf) };
      return { status: 200, headers, body: { name, older, newer, comparison } };
    },
  });
}

function changelog(dependencies: HttpDependencies): Route {
  return route({
    method: 'get',
    path: '/registry/contracts/{name}/changelog',
    operationId: 'getChangelog',
    summary: 'Tell what each version has changed, the newest first; as JSON or as Markdown',
    tag: 'contracts',
    params: contractParams,
    query: z.strictObject({
      limit: integerQuery(PAGE),
      cursor: cursorQuery,
      at: atQuery,
      format: z
        .enum(['json', 'markdown'])
        .optional()
        .meta({ description: 'Default: as Accept says, else json' }),
    }),
    errors: [404],
    responses: {
      200: {
        description: 'The changelog',
        schema: z
          .strictObject({ name: z.string(), versions: z.array(recordedSchema) })
          .meta({ id: 'Changelog' }),
        textType: 'text/markdown',
        headers: { Link: 'The next page, rel="next"; absent on the last' },
      },
    },
    handle: async ({ params, query, scope, header, prefix }) => {
      const name = parseContractName(params.name);
      const asOf = await asOfCatalog(dependencies, { header, at: query.at });
      const before = decodeCursor(query.cursor, cursorSchema)?.before;
      const rows = dependencies.catalog().contracts.history(scope, {
        name,
        limit: query.limit + 1,
        asOf,
        ...(before === undefined ? {} : { before }),
      });
      if (rows.length === 0 && before === undefined) throw noVersions(name);
      const shown = fitting(rows.slice(0, query.limit));
      const headers: Record<string, string> = { [POSITION_HEADER]: String(asOf) };
      const last = rows.length > shown.length ? shown.at(-1) : undefined;
      if (last !== undefined) {
        const cursor = encodeCursor({ before: versionOrderKey(last.version) });
        headers['Link'] =
          `<${prefix}/registry/contracts/${name}/changelog?limit=${query.limit}&at=${asOf}&cursor=${cursor}>; rel="next"`;
      }
      const asked = query.format ?? (prefersMarkdown(header('accept')) ? 'markdown' : 'json');
      const entries = shown.map(recordedOf);
      if (asked === 'json') return { status: 200, headers, body: { name, versions: entries } };
      const contentType = 'text/markdown; charset=utf-8';
      return { status: 200, headers, contentType, body: markdownOf(name, entries) };
    },
  });
}

/** Takes as many entries as fit into one answer, at least one. */
function fitting(rows: readonly HistoryEntry[]): readonly HistoryEntry[] {
  let length = 0;
  const over = rows.findIndex(({ gate }) => {
    length += JSON.stringify(gate ?? null).length;
    return length > CHANGELOG_LENGTH_MAX;
  });
  return over < 0 ? rows : rows.slice(0, Math.max(1, over));
}

function recordedOf(row: HistoryEntry): z.output<typeof recordedSchema> {
  const { version, description, createdAt: publishedAt, publisher, gate } = row;
  const bundle = description === undefined ? { version } : { version, description };
  return recordedJson({ bundle, publishedAt, publisher, gate });
}

function markdownOf(name: string, entries: readonly z.output<typeof recordedSchema>[]): string {
  return changelogMarkdown(
    name,
    entries.map(({ version, level, publishedAt, publisher, description, changes, override }) => ({
      version,
      level,
      publishedAt,
      ...(description === undefined ? {} : { description }),
      changes: changes.map(({ rule, message, isBreaking, isFeature, after, before }) => {
        const pointer = after ?? before;
        const told = { rule, message, breaking: isBreaking, feature: isFeature };
        return pointer === undefined ? told : { ...told, pointer };
      }),
      ...(override === undefined
        ? {}
        : { override: { reason: override.reason, actor: publisher ?? 'anonymous' } }),
    })),
  );
}

/** Says whether a client asks for Markdown and not for JSON as well. */
function prefersMarkdown(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes('text/markdown') && !accept.includes('json');
}

function noVersions(name: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find contract ${quote(name)}: it has no version in this tenant and environment (want a published contract: GET /registry/contracts)`,
    { details: { name } },
  );
}
