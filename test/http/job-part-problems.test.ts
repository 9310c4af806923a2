import { describe, expect, it } from 'vitest';
import { parseContractVersion } from '#domain/contract-name';
import { definitionOf } from '#domain/definition';
import { type ErrorCode, RegistryError } from '#domain/errors';
import { readJobDefinition } from '#domain/job-definition';
import { START } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { newId } from '#flow/new-id';
import type { HttpDependencies } from '#http/dependencies';
import { jobEventRoutes } from '#http/job-event-routes';
import { jobRunBatchRoutes } from '#http/job-run-batch-routes';
import type { Reply, Route } from '#http/route';
import { memoryLog } from '#test/support/command-env';
import { runCommandsOn } from '#test/support/job-runs';
import { jobId, jobOf } from '#test/support/jobs';

const view = { name: 'job-runs', position: START, caughtUp: true, reached: async () => true };

/** What one route needs, with commands that fail as the test says. */
function dependenciesOf(jobRuns: object): HttpDependencies {
  const dependencies = {
    commands: { jobRuns },
    frozen: () => undefined,
    newId,
    jobRunsView: view,
    limits: { visibleWaitMs: 1 },
  };
  return dependencies as unknown as HttpDependencies;
}

async function ask(routes: readonly Route[], body: object) {
  const told: unknown[] = [];
  const request = {
    scope: DEFAULT_SCOPE,
    prefix: '',
    actor: 'tester',
    params: {},
    body,
    requestId: 'r',
    report: (error: unknown) => told.push(error),
    header: () => undefined,
    settle: async () => undefined,
  };
  const [route] = routes;
  if (route === undefined) throw new Error('There is no route');
  const reply: Reply = await route.handle(request as never, {} as never);
  return { reply, told };
}

describe('POST /registry/job-events', () => {
  const external = { type: 'EXTERNAL_EVENT', source: 'db', filter: {} };
  const content = readJobDefinition(jobOf({ trigger: external }));
  const one = definitionOf(jobId, parseContractVersion('1.0.0'), content);
  const event = { source: 'db', id: '1', type: 'loaded', data: {} };

  /** Commands about definitions; submitting the run of each fails with its code. */
  const commands = (codes: readonly (ErrorCode | undefined)[]) => {
    const all = codes.map((code, i) => ({ ...one, id: `${one.id}${i}` as typeof one.id, code }));
    const findStaged = async (_: unknown, id: string) => {
      const found = all.find((other) => other.id === id);
      if (found?.code !== undefined)
        throw new RegistryError(found.code, `Cannot: ${found.code}`, { retryAfterSeconds: 7 });
      return { definition: found ?? one, stage: 'active' as const };
    };
    const approvedContract = async () => undefined;
    const runnable = { findStaged, isKnown: async () => true, approvedContract };
    const listening = async function* () {
      yield* all;
    };
    return { ...runCommandsOn(memoryLog('JOBS'), { runnable }), listening };
  };
  const send = async (...codes: (ErrorCode | undefined)[]) =>
    await ask(jobEventRoutes(dependenciesOf(commands(codes))), event);

  it('is refused with the first problem where none was submitted and all may be later', async () => {
    await expect(send('LOG_UNAVAILABLE', 'NOT_READY')).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      retryAfterSeconds: 7,
    });
  });

  it.each([
    [
      ['LOG_UNAVAILABLE', undefined],
      [true, false],
    ],
    [
      ['LOG_UNAVAILABLE', 'NOT_FOUND'],
      [true, true],
    ],
    [['NOT_FOUND'], [true]],
    [[], []],
  ] as const)('is answered for each definition where they end as %j', async (codes, problems) => {
    const { reply } = await send(...codes);
    expect(reply.status).toBe(200);
    const { runs } = reply.body as { readonly runs: readonly { readonly problem?: object }[] };
    expect(runs.map(({ problem }) => problem !== undefined)).toEqual(problems);
  });
});

describe('POST /registry/job-runs/batch', () => {
  const operations = [
    { op: 'start', id: 'x', job: 'x' },
    { op: 'cancel', id: 'unknown' },
  ];

  it('tells of unexpected errors, and of no others', async () => {
    const log = memoryLog('JOBS');
    const bug = new Error('A bug');
    log.append = async () => await Promise.reject(bug);
    const commands = runCommandsOn(log);
    const jobRuns = { find: async () => ({ position: START, found: undefined }) };
    const dependencies = { ...dependenciesOf(commands), jobRuns } as unknown as HttpDependencies;
    const { reply, told } = await ask(jobRunBatchRoutes(dependencies), { operations });
    expect(told).toEqual([bug]);
    const { results } = reply.body as { readonly results: readonly object[] };
    expect(results).toMatchObject([{ http_status: 500 }, { http_status: 404 }]);
  });
});
