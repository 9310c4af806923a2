import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishJobRun } from '#commands/finish-job-run';
import { startJobRun } from '#commands/start-job-run';
import { sha256Of } from '#domain/digest';
import { parseJobRunId } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import { DEFAULT_SCOPE, parseScope, type Scope, scopeKey } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import { foldRuns, groupByRun, type TouchedRun } from '#projections/job-runs/fold-runs';
import type {
  JobRunCursor,
  JobRunQuery,
  JobRunRow,
  JobRunView,
} from '#projections/job-runs/job-run-view';
import { commandContext, memoryLog } from '#test/support/command-env';
import type { JobRunStorage } from '#test/support/job-run-storages';
import { runCommandsOn, startOf } from '#test/support/job-runs';
import { digestAfter, messagesOf } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds, seeded } from '#test/support/seed';

const SCOPES = [
  DEFAULT_SCOPE,
  parseScope('default', 'prod'),
  parseScope('acme', 'dev'),
  parseScope('no', 'one'),
] as const;
const EVENTS = 400;
const RESULT_BYTES = 5_000_000;
const NEVER = '9999-01-01T00:00:00.000Z';

/** What every store of job runs promises beside what every projection does. What is right is said by a plain fold in memory. */
export function jobRunStoreConformance(name: string, make: () => Promise<JobRunStorage>): void {
  describe(`job-run store: ${name}`, () => {
    const log = memoryLog('JOBS');
    let storage: JobRunStorage;
    let view: JobRunView;
    let all: readonly TouchedRun[];
    beforeAll(async () => {
      await writeJobHistory(log, EVENTS, seeded(5));
      all = foldRuns(groupByRun(await messagesOf(log)).events, new Map());
      storage = await make();
      await digestAfter(storage, [log], 64);
      view = storage.open();
      await view.open();
    });
    afterAll(async () => {
      await view.close();
      await storage[Symbol.asyncDispose]();
    });

    it('lists by every filter what a plain look at all runs finds, page by page, and nothing of other scopes', async () => {
      const times = all.map(({ columns }) => columns.submittedAt).toSorted();
      const middle = times[Math.floor(times.length / 2)] ?? '';
      const filters: Omit<JobRunQuery, 'limit'>[] = [
        {},
        { status: 'running' },
        { status: 'succeeded', job: 'job-1' },
        { job: 'n/j1' },
        { job: 'none' },
        { job: '' },
        { parent: 'run-0' },
        { parent: '' },
        { correlation: 'c 1', status: 'failed' },
        { definition: 'none' },
        { submittedFrom: middle },
        { submittedBefore: middle },
        { submittedFrom: times[3] ?? '', submittedBefore: middle, status: 'running' },
        { submittedFrom: middle, submittedBefore: middle },
      ];
      let found = 0;
      await forSeeds(2, async (random) => {
        for (const scope of SCOPES) {
          for (const filter of filters) {
            const wanted = all
              .filter((run) => isWanted(run, scope, { list: 'runs', ...filter }))
              .map(placeOf)
              .toSorted(newestFirst);
            const limit = 1 + random.int(9);
            expect(await everyRow(view, scope, { ...filter, limit })).toEqual(wanted);
            found += wanted.length;
          }
        }
      });
      expect(found).toBeGreaterThan(200);
    });

    it('lists statements apart from runs by themselves', async () => {
      for (const scope of SCOPES) {
        for (const job of [undefined, 'n/d1', 'n/j2', 'none']) {
          const filter = job === undefined ? {} : { job };
          const wanted = all
            .filter((run) => isWanted(run, scope, { list: 'documents', ...filter }))
            .map(placeOf)
            .toSorted(newestFirst);
          expect(await everyDocument(view, scope, { ...filter, limit: 3 })).toEqual(wanted);
          const { position } = await view.documents(scope, { ...filter, limit: 1 });
          expect(position).toBe((await log.head()).last);
        }
      }
    });

    it('finds each run in its scope alone, with its state and the position', async () => {
      const { last } = await log.head();
      const runs = all.filter(({ id }) => id.kind === 'job-run' || id.kind === 'lineage-run');
      for (const run of runs) {
        const id = parseJobRunId(run.id.id);
        const { position, found } = await view.find(run.id.scope, id);
        expect(position).toBe(last);
        expect(found?.revision).toBe(run.aggregate.revision);
        const state = found?.origin === 'openlineage' ? found.lineage : found?.run;
        expect(state).toEqual(run.aggregate.state);
        expect((await view.find(parseScope('no', 'one'), id)).found).toBeUndefined();
      }
      expect(await view.find(DEFAULT_SCOPE, parseJobRunId('none'))).toEqual({
        position: last,
        found: undefined,
      });
    });

    it('names the runs that are due, over all scopes, those that have waited longest first', async () => {
      const lists = { deadlineAt: 'overdue', dueAt: 'actionable' } as const;
      for (const [column, list] of Object.entries(lists) as ['deadlineAt', 'overdue'][]) {
        const waiting = all
          .flatMap(({ id, columns }) => {
            const at = columns[column];
            return at === undefined ? [] : [{ at, key: `${scopeKey(id.scope)}/${id.id}` }];
          })
          .toSorted((a, b) => (a.at < b.at ? -1 : 1));
        expect(waiting.length).toBeGreaterThan(2);
        for (const now of [waiting[0]?.at ?? '', waiting[1]?.at ?? '', NEVER, '1999-01-01']) {
          const due = waiting.filter(({ at }) => at <= now);
          const named = (await view[list](now, 1_000)).map(
            ({ scope, id }) => `${scopeKey(scope)}/${id}`,
          );
          expect(named.toSorted()).toEqual(due.map(({ key }) => key).toSorted());
          const times = named.map((key) => due.find((one) => one.key === key)?.at ?? '');
          expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
        }
        const first = await view[list](NEVER, 1);
        const earliest = waiting.filter(({ at }) => at === waiting[0]?.at).map(({ key }) => key);
        expect(earliest).toContain(first.map(({ scope, id }) => `${scopeKey(scope)}/${id}`)[0]);
      }
    });

    it('lets decisions know what the fold knows, and the answers that were given', async () => {
      const source = view.source('job-run');
      for (const { id, aggregate, commands } of all.filter((run) => run.id.kind === 'job-run')) {
        const command = commands.at(-1);
        if (command === undefined) throw new Error('A run that no command has made');
        const loaded = await source.load(id.scope, id.id, command.commandId);
        expect(loaded).toEqual({ aggregate, remembered: command });
      }
    });

    it('gives every text back, whatever it holds', async () => {
      const control = ['', ' ', '\t', '\r\n', '\u0000', 'a\u0000b', '\u2028\u2029', '\uFFFD'];
      const quoting = ['\\', '\\N', '\\.', '\\u0000', '"', "'; DROP TABLE x; --", '{}', '{"a":1}'];
      const texts = [...control, ...quoting, '../../x', '__proto__', 'ä€😀', 'x'.repeat(4_000)];
      const own = memoryLog('JOBS');
      const commands = runCommandsOn(own);
      for (const [i, text] of texts.entries()) {
        const id = parseJobRunId(`run-${i}`);
        const metadata = { [`key ${text}`.slice(0, 50)]: text };
        const run = startOf(id, { inputs: [text, text], metadata });
        await startJobRun(commands, commandContext(), { run, status: 'running' });
        const end = {
          outcome: JOB_OUTCOMES[i % 3] ?? 'failed',
          counts: { [text]: i },
          message: text,
        };
        await finishJobRun(commands, commandContext(), { id, end });
      }
      await withView(make, own, async (shown) => {
        for (const [i, text] of texts.entries()) {
          const { found } = await shown.find(DEFAULT_SCOPE, parseJobRunId(`run-${i}`));
          expect([found?.run.inputs[0], found?.run.end?.message]).toEqual([text, text]);
          expect(Object.values(found?.run.metadata ?? {})).toEqual([text]);
        }
      });
    });

    it('keeps the digest and the size of results of several megabytes, and not the results', async () => {
      const own = memoryLog('JOBS');
      const commands = runCommandsOn(own);
      const id = parseJobRunId('large');
      await startJobRun(commands, commandContext(), { run: startOf(id), status: 'running' });
      const results = { rows: 'x'.repeat(RESULT_BYTES) };
      const end = { outcome: 'succeeded', counts: {} } as const;
      await finishJobRun(commands, commandContext(), { id, end, results });
      const bytes = Buffer.from(JSON.stringify(results));
      const kept = { sha256: sha256Of(bytes), bytes: bytes.length };
      expect(commands.kept.get(kept.sha256)?.length).toBe(bytes.length);
      await withView(make, own, async (shown) => {
        expect((await shown.find(DEFAULT_SCOPE, id)).found?.run.end?.results).toMatchObject(kept);
        const { found } = await shown.list(DEFAULT_SCOPE, { limit: 10 });
        expect(found.map(({ run }) => run.end?.results)).toMatchObject([kept]);
        expect(JSON.stringify(found).length).toBeLessThan(10_000);
      });
    });
  });
}

/** Builds a view from a log in an empty place, shows it, and opens it again: what is stored is what counts. */
async function withView(
  make: () => Promise<JobRunStorage>,
  log: EventLog,
  check: (view: JobRunView) => Promise<void>,
): Promise<void> {
  await using storage = await make();
  await digestAfter(storage, [log], 7);
  const view = storage.open();
  await view.open();
  try {
    await check(view);
  } finally {
    await view.close();
  }
}

type Wanted = Omit<JobRunQuery, 'limit' | 'after'> & { readonly list: 'runs' | 'documents' };

function isWanted({ id, columns }: TouchedRun, scope: Scope, wanted: Wanted): boolean {
  const { submittedFrom, submittedBefore, ...equal } = wanted;
  if (id.scope.tenant !== scope.tenant || id.scope.environment !== scope.environment) return false;
  if (submittedFrom !== undefined && columns.submittedAt < submittedFrom) return false;
  if (submittedBefore !== undefined && columns.submittedAt >= submittedBefore) return false;
  // Nothing has the parent that is not there.
  if ([equal.parent, equal.definition, equal.correlation].includes('')) return false;
  return (Object.keys(equal) as (keyof typeof equal)[]).every((key) => columns[key] === equal[key]);
}

function placeOf({ id, columns }: TouchedRun): JobRunCursor {
  return { submittedAt: columns.submittedAt, id: id.id };
}

function newestFirst(a: JobRunCursor, b: JobRunCursor): number {
  const [first, second] = [`${b.submittedAt} ${b.id}`, `${a.submittedAt} ${a.id}`];
  return first < second ? -1 : 1;
}

/** Reads a list page by page, as clients do. */
async function everyRow(
  view: JobRunView,
  scope: Scope,
  query: JobRunQuery,
): Promise<readonly JobRunCursor[]> {
  const rows: JobRunCursor[] = [];
  for (let after = query.after; ; after = rows.at(-1)) {
    const page: readonly JobRunRow[] = (
      await view.list(scope, { ...query, ...(after === undefined ? {} : { after }) })
    ).found;
    expect(page.length).toBeLessThanOrEqual(query.limit);
    rows.push(...page.map(({ run }) => ({ submittedAt: run.submittedAt, id: run.id })));
    if (page.length < query.limit) return rows;
  }
}

/** Reads the list of statements page by page. */
async function everyDocument(
  view: JobRunView,
  scope: Scope,
  query: Pick<JobRunQuery, 'job' | 'limit'>,
): Promise<readonly JobRunCursor[]> {
  const rows: JobRunCursor[] = [];
  for (let after: JobRunCursor | undefined; ; after = rows.at(-1)) {
    const page = { ...query, ...(after === undefined ? {} : { after }) };
    const { found } = await view.documents(scope, page);
    for (const { id } of found) {
      const { found: document } = await view.document(scope, id);
      expect(document).toBeTypeOf('object');
    }
    rows.push(...found.map(({ submittedAt, id }) => ({ submittedAt, id })));
    if (found.length < query.limit) return rows;
  }
}
