import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runCommandLine, stubRegistry } from '#test/cli/contract-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes, sqlBytes } from '#test/support/serving';

const NAME = '110/homo_sapiens/GRCh38';

let registry: TestRegistry;
let published: number;
beforeAll(async () => {
  registry = await startTestRegistry();
  const publish = async (version: string): Promise<void> => {
    const bytes = geneBytes(manyGenes(1_200, version));
    await publishBytes(registry.api, { name: NAME, bytes, tables: GENE_TABLES });
  };
  await publish('first');
  const { json } = await registry.api.get(`/registry/history/datasets/${NAME}`);
  published = json.entries.at(-1).position;
  await publish('second');
});
afterAll(async () => await registry[Symbol.asyncDispose]());

async function query(line: string): Promise<Ended> {
  const args = ['dataset', 'query', ...line.split(' '), '--url', registry.api.url];
  return await runCommandLine(args);
}

const rowsOf = ({ stdout }: Ended): readonly Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('atlas-registry dataset query', () => {
  it('shows the row of a key and those of a range, as a table and as a line of JSON each', async () => {
    const one = await query(`${NAME} gene_summary --key G00007`);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toMatch(/^id +gene_id .*\n8 +G00007 +second-7 .*\n$/);
    const range = await query(`${NAME} gene_summary --range 1:100-150 --json`);
    expect(rowsOf(range).map((row) => row['gene_id'])).toEqual(['G00005', 'G00006', 'G00007']);
    const none = await query(`${NAME} gene_summary --key nothing`);
    expect(none).toMatchObject({ code: 0, stdout: 'No row fits\n' });
    expect(await query(`${NAME} gene_summary --key nothing --json`)).toMatchObject({ stdout: '' });
  });

  it('goes on over pages up to the limit, and says when there are more', async () => {
    const all = rowsOf(await query(`${NAME} gene_summary --limit 5000 --json`));
    expect(new Set(all.map((row) => row['gene_id'])).size).toBe(1_200);
    const some = await query(`${NAME} gene_summary --limit 700`);
    const lines = some.stdout.trimEnd().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([
      702,
      'There are more than these 700: see --limit',
    ]);
  });

  it('says on standard error that there are more rows than its lines of JSON', async () => {
    const some = await query(`${NAME} gene_summary --json`);
    expect([some.code, rowsOf(some).length]).toEqual([0, 100]);
    expect(some.stderr).toBe('There are more than these 100: see --limit\n');
    const all = await query(`${NAME} gene_summary --json --limit 1200`);
    expect([all.stderr, rowsOf(all).length]).toEqual(['', 1_200]);
  });

  it('writes rows of JSON as they come: those before a fault are there', async () => {
    await using server = await stubRegistry(({ path }) =>
      path.includes('cursor=')
        ? { status: 503, body: { code: 'FROZEN', retryable: false } }
        : { body: { rows: [{ k: 1 }], next_cursor: 'c' } },
    );
    const args = ['dataset', 'query', 'a', 't', '--json', '--url', server.url];
    expect(await runCommandLine(args)).toMatchObject({ code: 3, stdout: '{"k":1}\n' });
  });

  it('gives the rows of then, or says that they are others by now, and never others than asked for', async () => {
    const now = await registry.api.get(`/registry/history/datasets/${NAME}?order=newest&limit=1`);
    const { position } = now.json.entries[0];
    const row = await query(`${NAME} gene_summary --key G00007 --at ${position} --json`);
    expect(rowsOf(row)[0]).toMatchObject({ name: 'second-7' });
    for (const [at, want] of [
      [published, /its artifact was [0-9a-f]{64}, and is another one by now/],
      [published - 1, /it was registered then \(want published\)/],
    ] as const) {
      const refused = await query(`${NAME} gene_summary --at ${at}`);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(want);
    }
  });

  it('shows what somebody has written into a row, and lets it move no cursor', async () => {
    const bytes = sqlBytes(
      `CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
       INSERT INTO t VALUES ('a', 'x' || char(27) || '[2J' || char(10) || 'y')`,
    );
    const tables = [{ name: 't', key: ['k'] }];
    await publishBytes(registry.api, { name: 'hostile/rows', bytes, tables });
    const shown = await query('hostile/rows t');
    expect(shown.stdout).toMatch(/^k +v\na +x\\u001b\[2J\\u000ay\n$/);
  });

  it('says what there is not: the dataset, the table, the key', async () => {
    for (const [line, want] of [
      ['nothing gene_summary', /Cannot .*"nothing"/],
      [`${NAME} proteins`, /proteins/],
      [`${NAME} gene_summary --range nonsense`, /region "nonsense" is malformed/],
    ] as const) {
      const { code, stdout, stderr } = await query(line);
      expect([code === 1 || code === 2, stdout], line).toEqual([true, '']);
      expect(stderr, line).toMatch(want);
    }
  });
});
