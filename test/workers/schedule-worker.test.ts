import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runDefinition } from '#commands/run-definition';
import { parseContractVersion } from '#domain/contract-name';
import { parseCron } from '#domain/cron';
import { definitionOf, type JobDefinitionId, parseJobDefinitionId } from '#domain/definition';
import { RegistryError } from '#domain/errors';
import { type JobDefinition, readJobDefinition } from '#domain/job-definition';
import { jobRunEvolution } from '#domain/job-run';
import { nextOccurrence } from '#domain/next-occurrence';
import { START } from '#domain/position';
import { runRequestEvolution } from '#domain/run-request';
import { DEFAULT_SCOPE } from '#domain/scope';
import { parseTimeZone } from '#domain/time-zone';
import { decodeEvent } from '#log/codec';
import type { MemoryLog } from '#log/memory-log';
import type { ActiveSchedule } from '#projections/catalog/active-schedules';
import { commandEnvironment, freshSource, memoryLog } from '#test/support/command-env';
import { FakeClock, settled } from '#test/support/fake-clock';
import { jobOf } from '#test/support/jobs';
import { workerContext } from '#test/support/worker-bed';
import { CATCH_UP_MS, ScheduleWorker } from '#workers/schedule-worker';
import type { WorkerEvent } from '#workers/worker-event';

const MINUTE = 60_000;
const POLL_MS = 20_000;
const HOUR = 60 * MINUTE;
const version = parseContractVersion('1.0.0');

/** Nodes that follow one schedule on one log; their clock is the test's. */
class Bed {
  readonly clock = new FakeClock();
  readonly log: MemoryLog = memoryLog('JOBS');
  readonly events: WorkerEvent[] = [];
  readonly #definition: JobDefinition;
  schedules: readonly ActiveSchedule[];
  /** What goes wrong with the next submissions. */
  readonly trouble: Error[] = [];

  constructor(cron: string, zone: string, options: { readonly startMs: number }) {
    this.clock.skip(options.startMs - this.clock.nowMs());
    const id = parseJobDefinitionId('orders.check');
    const trigger = { type: 'SCHEDULED', cron, timeZone: zone };
    this.#definition = definitionOf<ReturnType<typeof readJobDefinition>, JobDefinitionId>(
      id,
      version,
      readJobDefinition(jobOf({ trigger })),
    );
    const activatedAt = new Date(options.startMs).toISOString();
    const timeZone = parseTimeZone(zone);
    this.schedules = [{ scope: DEFAULT_SCOPE, id, version, cron, timeZone, activatedAt }];
  }

  node(): ScheduleWorker {
    const { clock, log } = this;
    const commands = {
      env: commandEnvironment({ clock }),
      log,
      source: freshSource(log, 'job-run', jobRunEvolution),
      requests: freshSource(log, 'run-request', runRequestEvolution),
      runnable: {
        findStaged: async () => ({ definition: this.#definition, stage: 'active' as const }),
        isKnown: async () => true,
        approvedContract: async () => undefined,
      },
    };
    const worker = new ScheduleWorker({
      clock,
      schedules: () => this.schedules,
      submit: async (scope, { definition: id, occurrence }) => {
        const trouble = this.trouble.shift();
        if (trouble !== undefined) throw trouble;
        const cause = { type: 'SCHEDULED', occurrence } as const;
        const command = { id, version: 'latest', cause } as const;
        const { recorded } = await runDefinition(commands, workerContext(scope), command);
        return recorded !== undefined;
      },
      pollMs: POLL_MS,
      onEvent: (event) => this.events.push(event),
    });
    worker.start();
    return worker;
  }

  /** Lets time go by so that every worker sees all of it. */
  async run(ms: number, workers = 1): Promise<void> {
    for (let left = ms; left > 0; left -= POLL_MS) {
      while (this.clock.sleeping < workers) await settled();
      await this.clock.advance(Math.min(left, POLL_MS));
    }
    while (this.clock.sleeping < workers) await settled();
  }

  /** The occurrences that were submitted, in the order of the log. */
  async submitted(): Promise<readonly string[]> {
    const found: string[] = [];
    const { last } = await this.log.head();
    const stop = new AbortController();
    for await (const batch of this.log.follow({
      after: START,
      batchMax: 10_000,
      signal: stop.signal,
    })) {
      for (const { event } of batch.map(decodeEvent)) {
        const { run } = event.data as { run: { cause: { occurrence: string } } };
        found.push(run.cause.occurrence);
      }
      if (found.length >= last) break;
    }
    return found;
  }

  async occurrences(): Promise<readonly string[]> {
    return (await this.log.head()).last === START ? [] : await this.submitted();
  }
}

/** Every occurrence of a schedule within a stretch of time. */
function expected(
  cron: string,
  zone: string,
  [fromMs, untilMs]: readonly [number, number],
): string[] {
  const found: string[] = [];
  const [parsed, timeZone] = [parseCron(cron), parseTimeZone(zone)];
  for (let at = nextOccurrence(parsed, timeZone, fromMs); at !== undefined && at <= untilMs; ) {
    found.push(new Date(at).toISOString());
    at = nextOccurrence(parsed, timeZone, at);
  }
  return found;
}

// The clocks change within the six hours that follow, one way or the other.
const CHANGES = [
  ['Europe/Berlin', '2024-03-30T22:00:00Z'],
  ['Europe/Berlin', '2024-10-26T22:00:00Z'],
  ['America/New_York', '2024-03-10T04:00:00Z'],
  ['America/New_York', '2024-11-03T03:00:00Z'],
  ['Australia/Lord_Howe', '2024-04-06T13:00:00Z'],
  ['UTC', '2024-02-28T21:00:00Z'],
] as const;
const CRONS = [
  '*/5 * * * *',
  '*/7 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '15 1,2,3 * * *',
  '0 0 29 2 *',
];

describe('ScheduleWorker', () => {
  it('submits each occurrence once while one of two workers is alive, over changes of the clocks and restarts', async () => {
    const step = fc.constantFrom('start', 'stop', 'minute', 'minute', 'quarter', 'hour');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...CHANGES),
        fc.constantFrom(...CRONS),
        fc.array(fc.tuple(step, fc.nat(1)), { minLength: 4, maxLength: 12 }),
        async ([zone, start], cron, steps) => {
          const startMs = Date.parse(start);
          const bed = new Bed(cron, zone, { startMs });
          const alive: (ScheduleWorker | undefined)[] = [bed.node(), undefined];
          const lasts: Readonly<Record<string, number>> = { quarter: 15 * MINUTE, hour: HOUR };
          for (const [what, which] of steps) {
            if (what === 'start') alive[which] ??= bed.node();
            else if (what === 'stop' && alive[1 - which] !== undefined) {
              await alive[which]?.stop();
              alive[which] = undefined;
            }
            const count = alive.filter((worker) => worker !== undefined).length;
            await bed.run(lasts[what] ?? MINUTE, count);
          }
          await Promise.all(alive.map(async (worker) => await worker?.stop()));
          const submitted = await bed.occurrences();
          expect(new Set(submitted).size).toBe(submitted.length);
          const until = bed.clock.nowMs() - 2 * POLL_MS;
          const wanted = expected(cron, zone, [startMs, until]);
          expect(submitted.toSorted()).toEqual(expect.arrayContaining(wanted));
          const possible = expected(cron, zone, [startMs, bed.clock.nowMs()]);
          expect(possible).toEqual(expect.arrayContaining([...submitted]));
          expect(bed.clock.sleeping).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('makes up for the newest occurrence that was missed, no further back than an hour', async () => {
    const bed = new Bed('*/10 * * * *', 'UTC', { startMs: Date.parse('2024-01-01T00:00:00Z') });
    bed.clock.skip(3 * HOUR + 5 * MINUTE);
    await using worker = stopping(bed.node());
    await bed.run(MINUTE);
    expect(await bed.occurrences()).toEqual(['2024-01-01T03:00:00.000Z']);
    void worker;
    expect(CATCH_UP_MS).toBe(HOUR);
  });

  it('lets go what was missed before the window, and what came before the version was active', async () => {
    const bed = new Bed('0 9 * * *', 'UTC', { startMs: Date.parse('2024-01-01T08:00:00Z') });
    bed.clock.skip(2 * HOUR + 1);
    await using worker = stopping(bed.node());
    await bed.run(MINUTE);
    expect(await bed.occurrences()).toEqual([]);
    void worker;
    const late = new Bed('0 9 * * *', 'UTC', { startMs: Date.parse('2024-01-01T09:00:00Z') });
    await using other = stopping(late.node());
    await late.run(HOUR);
    void other;
    expect(await late.occurrences()).toEqual([]);
  });

  it('follows a new version from when it is active, and one that is gone no longer', async () => {
    const bed = new Bed('*/30 * * * *', 'UTC', { startMs: Date.parse('2024-01-01T00:00:00Z') });
    await using worker = stopping(bed.node());
    await bed.run(31 * MINUTE);
    const activatedAt = new Date(bed.clock.nowMs()).toISOString();
    bed.schedules = bed.schedules.map((one) =>
      Object.assign({}, one, {
        cron: '45 * * * *',
        version: parseContractVersion('1.1.0'),
        activatedAt,
      }),
    );
    await bed.run(40 * MINUTE);
    bed.schedules = [];
    await bed.run(2 * HOUR);
    void worker;
    expect(await bed.occurrences()).toEqual([
      '2024-01-01T00:30:00.000Z',
      '2024-01-01T00:45:00.000Z',
    ]);
  });

  it('tries an occurrence again while the broker is away or the contract is not approved, and tells it once', async () => {
    const bed = new Bed('0 * * * *', 'UTC', { startMs: Date.parse('2024-01-01T00:30:00Z') });
    const refused = new RegistryError('ILLEGAL_TRANSITION', 'Cannot run: contract is not approved');
    const away = new RegistryError('LOG_UNAVAILABLE', 'Cannot append: nobody answers');
    bed.trouble.push(refused, refused, refused, away, away);
    await using worker = stopping(bed.node());
    await bed.run(35 * MINUTE);
    void worker;
    expect(await bed.occurrences()).toEqual(['2024-01-01T01:00:00.000Z']);
    expect(bed.events.map(({ type }) => type)).toEqual([
      'left',
      'stuck',
      'run-submitted',
      'recovered',
    ]);
  });
});

function stopping(worker: ScheduleWorker): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => await worker.stop() };
}
