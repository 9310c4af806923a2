import { spawn } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REQUESTS_MIN } from '#cli/cache/judge-cache';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';
import { eventually } from '#test/support/wait';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');
const DEBUG = { ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true', ATLAS_ENABLE_DEBUG_DATASETS: 'true' };
/** Without what asks for colours where there is no terminal, as CI systems set it. */
const PLAIN = { PATH: process.env['PATH'], TERM: 'xterm' };
const NAME = '110/homo_sapiens/GRCh38';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `atlas-registry cache status` as a user does who sends its output to a file. */
async function status(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'cache', 'status', ...args], { env: PLAIN });
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += String(chunk);
  });
  return await new Promise((resolve) => child.on('close', (code) => resolve({ code, ...ended })));
}

/** A web server of another kind, for as long as a test wants it. */
async function otherServer(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let registry: TestRegistry;
let bytes: number;
let url: string;
beforeAll(async () => {
  registry = await startTestRegistry(DEBUG);
  url = registry.api.url;
  const content = geneBytes(manyGenes(500));
  bytes = content.length;
  await publishBytes(registry.api, { name: NAME, bytes: content, tables: GENE_TABLES });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function ask(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const answer = await registry.api.get(`/v1/genes?dataset=${NAME}&gene_id=G00007`);
    expect(answer.status).toBe(200);
  }
}

async function requestCount(): Promise<number> {
  const { json } = await registry.api.get('/debug/cache-stats');
  return json.hits + json.misses;
}

describe('atlas-registry cache status', () => {
  it('says in words that the cache is empty, and exits with 0', async () => {
    await using empty = await startTestRegistry(DEBUG);
    const { code, stdout, stderr } = await status('--url', empty.api.url, '--min-hit-ratio', '1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        `Dataset cache of ${empty.api.url}`,
        '',
        'The cache is empty: a dataset is downloaded when somebody first asks for its rows.',
        '',
        'Hit ratio    - (0 of 0 requests)        not judged before 20 requests, want at least 1',
        'Disk         0 B of 8.0 GiB in 0 files  ok, want at most 8.0 GiB',
        'Downloads    0',
        'Evictions    0',
        'Quarantines  0',
        '',
      ].join('\n'),
    );
  });

  it('shows each cached dataset with its size and state, and the totals under it', async () => {
    await ask(1);
    const { code, stdout } = await status('--url', `${url}/`);
    expect(code).toBe(0);
    const size = `${(bytes / 1_024).toFixed(1)} KiB`.replaceAll('.', '\\.');
    expect(stdout).toMatch(
      /^DATASET +SIZE +PINNED +LEASES +VERIFIED +LAST USE +QUARANTINED UNTIL$/m,
    );
    expect(stdout).toMatch(
      new RegExp(`^110/homo_sapiens/GRCh38  ${size}  - +0  \\d+ s ago +\\d+ s ago +-$`, 'm'),
    );
    expect(stdout).toMatch(new RegExp(`^Disk +${size} of 8\\.0 GiB in 1 file +ok`, 'm'));
    expect(stdout).toMatch(/^Downloads +1$/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('judges the hit ratio only after enough requests, then exits with 1 when it is below', async () => {
    await ask(REQUESTS_MIN - 1 - (await requestCount()));
    const early = await status('--url', url, '--min-hit-ratio', '1');
    expect(early.code).toBe(0);
    expect(early.stdout).toMatch(/^Hit ratio +0\.\d+ \(18 of 19 requests\) +not judged before 20/m);
    await ask(1);
    const late = await status('--url', url, '--min-hit-ratio', '1');
    expect(late.code).toBe(1);
    expect(late.stdout).toMatch(
      /^Hit ratio +0\.950 \(19 of 20 requests\) +PASSED, want at least 1$/m,
    );
    expect((await status('--url', url, '--min-hit-ratio', '0.95')).code).toBe(0);
  });

  it('exits with 1 when the cache has one byte more than it may have, and with 0 at the limit', async () => {
    await ask(1);
    expect((await status('--url', url, '--max-bytes', String(bytes))).code).toBe(0);
    const { code, stdout } = await status('--url', url, '--max-bytes', String(bytes - 1));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Disk .* PASSED, want at most /m);
  });

  it('prints the same as JSON: what the registry says, the limits, and what came of them', async () => {
    await ask(1);
    const { code, stdout } = await status('--url', url, '--json', '--max-bytes', '5');
    expect(code).toBe(1);
    const { cache, ...judged } = JSON.parse(stdout);
    expect(judged).toMatchObject({
      url,
      within: false,
      limits: { min_hit_ratio: 0.6, max_bytes: 5 },
      verdicts: { disk: 'passed' },
    });
    const { json } = await registry.api.get('/debug/cache-stats');
    expect(Object.keys(cache).toSorted()).toEqual(Object.keys(json).toSorted());
    expect(cache.files).toHaveLength(1);
    expect(cache).toMatchObject({ bytes, bytes_max: 8_589_934_592, downloads: 1 });
    expect(cache.files[0].datasets).toEqual([`default/dev ${NAME}`]);
  });
});

describe('atlas-registry cache status that learns nothing exits with 3, asked wrongly with 2, and writes to standard error alone', () => {
  async function expectRefusal(want: RegExp, ...args: readonly string[]): Promise<void> {
    await expectEnd(3, want, args);
  }

  async function expectEnd(exit: number, want: RegExp, args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await status(...args);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(want);
    expect(stderr.trimEnd()).not.toMatch(/\n {4}at /);
  }

  it('when the registry cannot be reached', async () => {
    const gone = await otherServer(() => undefined);
    await gone[Symbol.asyncDispose]();
    await expectRefusal(/does not answer \(ECONNREFUSED\)/, '--url', gone.url);
    await expectRefusal(/does not answer \(ECONNREFUSED\)/, '--url', gone.url, '--json');
  });

  it('when the registry does not serve /debug/: the message names both settings', async () => {
    await using closed = await startTestRegistry();
    await expectRefusal(
      /ATLAS_ENABLE_ADMIN_ENDPOINTS=true and ATLAS_ENABLE_DEBUG_DATASETS=true/,
      '--url',
      closed.api.url,
    );
  });

  it('when something else answers', async () => {
    const answers = [
      [200, '<h1>hello</h1>', /is not JSON/],
      [200, '{"hits": "many"}', /does not fit at "files"/],
      [500, 'no', /it answered 500 \(want/],
    ] as const;
    for (const [code, body, want] of answers) {
      await using other = await otherServer((_, response) => {
        response.writeHead(code).end(body);
      });
      await expectRefusal(want, '--url', other.url);
    }
  });

  it('when it is asked wrongly: a threshold that is none, an address that is none, an option that is none', async () => {
    const cases: readonly (readonly [RegExp, readonly string[]])[] = [
      [/number from 0 to 1/, ['--min-hit-ratio', '60']],
      [/number from 0 to 1/, ['--min-hit-ratio', '']],
      [/whole number of bytes/, ['--max-bytes', '8GiB']],
      [/whole number of bytes/, ['--max-bytes', '-1']],
      [/that is no address/, ['--url', 'localhost:3001']],
      [/unknown option '--fast'/, ['--fast']],
    ];
    await Promise.all(cases.map(async ([want, args]) => await expectEnd(2, want, args)));
  });

  it('when it shall watch and there is no terminal', async () => {
    await expectEnd(2, /standard output is no terminal/, ['--url', url, '--watch']);
    await expectEnd(2, /JSON is for machines/, ['--url', url, '--watch', '--json']);
  });
});

describe('atlas-registry cache status --watch on a terminal', () => {
  it('shows the cache again and again until Ctrl-C, then exits with the code of the last picture', async () => {
    // Without a shell between the terminal and the program: it would end by the key too, and say so instead.
    const command = `exec "${process.execPath}" "${MAIN}" cache status --watch --max-bytes 0 --url ${url}`;
    await ask(1);
    const args = ['--quiet', '--return', '--command', command, '/dev/null'];
    const child = spawn('/usr/bin/script', args, { env: PLAIN });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const pictures = (): number => out.split('\u001b[2J').length - 1;
    await eventually('two pictures', () => pictures() >= 2);
    // What a terminal makes of this key is up to the terminal, as it should be.
    child.stdin.write('\u0003');
    expect(await ended).toBe(1);
    expect(out).toContain(NAME);
    expect(out).toContain('\u001b[31mPASSED\u001b[39m');
  });
});
