import { Readable } from 'node:stream';
import { z } from 'zod';
import { RegistryError } from '#domain/errors';
import { KINDS } from '#domain/event';
import { type Position, parsePosition, START, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import { withoutUndefined } from '#domain/without-undefined';
import { cursorQuery, integerQuery, queryText, timestamp } from '#http/api-schemas';
import { POSITION_HEADER } from '#http/consistency';
import { decodeCursor, encodeCursor } from '#http/cursor';
import type { HttpDependencies } from '#http/dependencies';
import { wantsLines } from '#http/json-lines';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';
import { type AuditEntry, type AuditQuery, streamOfKind } from '#projections/audit-trail';

const PAGE = { min: 1, max: 1_000, default: 100 };
// One page reads no more of the log: some tenths of a second. The next one goes on from there.
const SCANNED_MAX = 20_000;
const SCANNED_PER_COST = 200;
// Each reads the log as fast as its client takes it.
const EXPORTS_MAX = 8;
const EXPORTS_PER_TENANT_MAX = 2;
const FILTER_MAX = 200;
const NAME_MAX = 600;
const LINES = 'application/x-ndjson';

const timeQuery = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional()
  .meta({ type: 'string', format: 'date-time' });

const auditQuery = z.strictObject({
  stream: z
    .enum(['registry', 'jobs'])
    .optional()
    .meta({ description: 'Which log. Default: that of `kind`, else registry.' }),
  from: z.string().optional().meta({ description: 'The first position. Default 1.' }),
  to: z.string().optional().meta({ description: 'The last position. Default: the newest.' }),
  since: timeQuery,
  before: timeQuery,
  actor: queryText(FILTER_MAX).optional(),
  kind: z.enum(KINDS).optional(),
  name: queryText(NAME_MAX)
    .optional()
    .meta({ description: 'The name of a dataset or contract, the id of a run. Asks for `kind`.' }),
  decision: queryText(FILTER_MAX)
    .optional()
    .meta({ description: 'A type of event, such as DatasetRegistered' }),
  limit: integerQuery(PAGE),
  cursor: cursorQuery,
});

const cursorSchema = z.strictObject({
  after: z.number().int().min(0),
  upTo: z.number().int().min(0),
});

const entrySchema = z
  .strictObject({
    position: z.number().int(),
    recorded_at: timestamp,
    time: timestamp,
    tenant: z.string(),
    environment: z.string(),
    actor: z.string(),
    kind: z.enum(KINDS),
    name: z.string(),
    decision: z.string().meta({ description: 'The type of the event' }),
    event_id: z.string(),
    command_id: z.string(),
    request_id: z
      .string()
      .optional()
      .meta({ description: 'X-Request-Id of the answer; absent where no request asked for it' }),
    hash: z.string(),
    previous_hash: z
      .string()
      .optional()
      .meta({ description: 'Of the event before it on the same aggregate' }),
  })
  .meta({ id: 'AuditEntry' });

const pageSchema = z
  .strictObject({
    entries: z.array(entrySchema),
    next_cursor: z
      .string()
      .optional()
      .meta({ description: 'Absent on the last page. A page before it may be short, or empty.' }),
  })
  .meta({ id: 'AuditPage' });

type AuditRequest = ParsedRequest<unknown, z.output<typeof auditQuery>, unknown>;

/** The route that shows who has done what: the log itself, as a list or as one export. */
export function auditRoutes(dependencies: HttpDependencies): readonly Route[] {
  const exports: string[] = [];
  const exported = (request: AuditRequest, wanted: AuditQuery): Reply => {
    const { tenant } = request.scope;
    const own = exports.filter((one) => one === tenant).length;
    if (exports.length >= EXPORTS_MAX || own >= EXPORTS_PER_TENANT_MAX) throw tooMany();
    exports.push(tenant);
    const signal = AbortSignal.any([request.signal, dependencies.closing]);
    const body = Readable.from(linesOf(dependencies, wanted, signal));
    body.once('close', () => {
      exports.splice(exports.indexOf(tenant), 1);
    });
    const headers = { [POSITION_HEADER]: String(wanted.upTo), 'Cache-Control': 'no-store' };
    return { status: 200, contentType: LINES, headers, body };
  };
  return [
    route({
      method: 'get',
      path: '/registry/audit',
      operationId: 'listAudit',
      summary: 'List every command that was carried out, in the order of the log',
      tag: 'audit',
      query: auditQuery,
      responses: {
        200: {
          description: `A page of commands. With Accept: ${LINES} all that fit, one a line, whatever the limit.`,
          schema: pageSchema,
          lines: entrySchema,
        },
      },
      handle: async (request) => {
        const wanted = await queryOf(dependencies, request);
        return wantsLines(request.header('accept'))
          ? exported(request, wanted)
          : await pageOf(dependencies, request, wanted);
      },
    }),
  ];
}

/** What to look for; a cursor goes on where its page ended, up to where the first one looked. */
async function queryOf(
  { auditTrail }: HttpDependencies,
  { query, scope }: AuditRequest,
): Promise<AuditQuery> {
  const { from, to, since, before, kind, name, actor, decision, cursor } = query;
  if (name !== undefined && kind === undefined) {
    throw new RegistryError(
      'INVALID_REQUEST',
      'Cannot use query parameter "name": there is no "kind" (want both)',
    );
  }
  const named = query.stream && (query.stream === 'jobs' ? 'JOBS' : 'REGISTRY');
  const stream = named ?? (kind === undefined ? 'REGISTRY' : streamOfKind(kind));
  const newest = await auditTrail.newest(stream);
  const page = decodeCursor(cursor, cursorSchema);
  const first = from === undefined ? START : Math.max(0, parsePosition(from, 'from') - 1);
  const last = to === undefined ? newest : Math.min(newest, parsePosition(to, 'to'));
  const after = toPosition(page?.after ?? first);
  const upTo = toPosition(Math.min(newest, page?.upTo ?? last));
  const filter = withoutUndefined({
    sinceMs: since,
    beforeMs: before,
    kind,
    name,
    actor,
    decision,
  });
  return { stream, scope, after, upTo, ...filter };
}

async function pageOf(
  { auditTrail }: HttpDependencies,
  { query: { limit }, signal: gone, settle }: AuditRequest,
  wanted: AuditQuery,
): Promise<Reply> {
  const entries: AuditEntry[] = [];
  let read: Position = wanted.after;
  let scanned = 0;
  let isComplete = true;
  for await (const part of auditTrail.read(wanted, gone)) {
    entries.push(...part.entries);
    read = part.position;
    scanned += part.scanned;
    isComplete = entries.length <= limit && scanned < SCANNED_MAX;
    if (!isComplete) break;
  }
  // A request that reads much of the log counts as so many.
  await settle(Math.floor(scanned / SCANNED_PER_COST));
  const shown = entries.slice(0, limit);
  const after = entries.length > limit ? (shown.at(-1)?.position ?? read) : read;
  const next = isComplete ? {} : { next_cursor: encodeCursor({ after, upTo: wanted.upTo }) };
  return {
    status: 200,
    headers: { [POSITION_HEADER]: String(wanted.upTo) },
    body: { entries: shown.map((entry) => entryJson(entry, wanted.scope)), ...next },
  };
}

async function* linesOf(
  { auditTrail }: HttpDependencies,
  wanted: AuditQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const { entries } of auditTrail.read(wanted, signal)) {
    const text = entries.map((entry) => `${JSON.stringify(entryJson(entry, wanted.scope))}\n`);
    if (text.length > 0) yield text.join('');
  }
  // An end that looks like the whole would be taken for it.
  signal.throwIfAborted();
}

function entryJson(
  entry: AuditEntry,
  { tenant, environment }: Scope,
): z.output<typeof entrySchema> {
  const { requestId, previousHash } = entry;
  return {
    position: entry.position,
    recorded_at: new Date(entry.recordedAtMs).toISOString(),
    time: entry.time,
    tenant,
    environment,
    actor: entry.actor,
    kind: entry.kind,
    name: entry.name,
    decision: entry.decision,
    event_id: entry.eventId,
    command_id: entry.commandId,
    ...(requestId === undefined ? {} : { request_id: requestId }),
    hash: entry.hash,
    ...(previousHash === undefined ? {} : { previous_hash: previousHash }),
  };
}

function tooMany(): RegistryError {
  return new RegistryError(
    'BUSY',
    `Cannot export the audit: others do already (want at most ${EXPORTS_PER_TENANT_MAX} for a tenant, and ${EXPORTS_MAX} in all)`,
    { retryAfterSeconds: 5 },
  );
}
