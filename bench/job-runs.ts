import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { fillJobRuns } from '#bench/fill';
import { type Bench, median } from '#bench/harness';
import { openBenchLog, startBenchNats } from '#bench/nats';
import { project } from '#bench/project';
import { Postgres } from '#clients/postgres';
import { provisionStreams } from '#log/provision';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import { startPostgres } from '#test/support/postgres';

const RUNS = 200_000;
const EVENTS = RUNS * 2;
// Runs that are under way at a time: each ends when so many others have started.
const OPEN = 500;
const ROUNDS = 3;

/** Job runs projected into Postgres, against COPY of the rows that come out. */
export const jobRunsBench: Bench = {
  name: 'job-runs',
  async run() {
    await using nats = await startBenchNats({ syncAlways: false });
    await using server = await startPostgres();
    await provisionStreams(nats.broker.jsm, { replicas: 1 });
    await fillJobRuns(nats.broker.nc, { runs: RUNS, open: OPEN });
    const log = openBenchLog(nats.broker, 'JOBS');
    const [projected, copied]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const postgres = new Postgres({
        url: server.url,
        connectionsMax: 4,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 60_000,
        onIdleError: () => undefined,
      });
      const view = new PostgresJobRuns(postgres);
      await view.open();
      await view.clear();
      projected.push(await project(view, log, EVENTS));
      await postgres.close();
      copied.push(await copyRows(server.url));
    }
    log.close();
    return [
      {
        what: `job runs into Postgres, ${EVENTS} events of ${RUNS} runs`,
        measured: `${median(projected).toFixed(0)} events/s`,
        beside: `${median(copied).toFixed(0)} rows/s by COPY of the ${RUNS} rows that come out`,
        value: median(projected) / median(copied),
        limit: { atLeast: 0.3 },
        detail: { projected, copied },
      },
    ];
  },
};

/** Copies the rows of the view into an empty table of the same shape; gives rows per second. */
async function copyRows(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const table = `${VIEW_SCHEMA}.job_run`;
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  await pipeline(client.query(copyTo(`COPY ${table} TO STDOUT`)), sink);
  await client.query(`CREATE TABLE copied (LIKE ${table} INCLUDING ALL)`);
  const started = performance.now();
  const target = client.query(copyFrom('COPY copied FROM STDIN'));
  await pipeline(Readable.from(chunks), target);
  const perSecond = (RUNS * 1_000) / (performance.now() - started);
  await client.query('DROP TABLE copied');
  const ended = once(client, 'end');
  await client.end();
  await ended;
  return perSecond;
}
