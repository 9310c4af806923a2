import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';

export const ROOT = join(
  import.meta.dirname,
  import.meta.dirname.includes('/dist/') ? '../..' : '..',
);

/** One line of the table. */
export interface BenchRow {
  readonly what: string;
  readonly measured: string;
  readonly beside: string;
  /** The measured value over the one beside it, or the value itself. */
  readonly value: number;
  readonly limit: { readonly atLeast: number } | { readonly atMost: number };
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One benchmark: it gives one or more rows. */
export interface Bench {
  readonly name: string;
  run(): Promise<readonly BenchRow[]>;
}

/** The middle of several values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The value below which a share of all lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A process that says `at <url>` when it is ready. */
export interface Started extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Starts a compiled program and waits for its address. */
export async function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'dist', file), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const found = /(?:Ready in .* )?at (http:\/\/\S+)/.exec(out)?.[1];
      if (found !== undefined && (!out.includes('Atlas Registry') || out.includes('Ready')))
        resolve(found);
    });
    child.on('exit', (code) => reject(new Error(`${file} ended with ${code}: ${out}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Starts a registry that listens on a free port. */
export async function startRegistryProgram(
  env: Readonly<Record<string, string>>,
): Promise<Started> {
  return await startProgram('src/main.js', ['serve'], {
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_LOG_LEVEL: 'error',
    ...env,
  });
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}

/** Time that a process has had on processors so far, ms. */
export function processorMs(pid: number): number {
  // Behind the name, which may hold anything, in parentheses: fields 14 and 15 of `man 5 proc`, hundredths of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the next request; without it the URL is fetched. */
  readonly next?: (index: number) => { method: 'GET' | 'POST'; path: string; body?: string };
}

export interface LoadResult {
  readonly perSecond: number;
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
}

/** Sends requests with keep-alive connections for some time. Anything but 2xx and 304 is an error. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { url, connections, seconds, headers: given = {}, next } = options;
  let index = 0;
  const result = await autocannon({
    headers: given,
    url,
    connections,
    duration: seconds,
    ...(next === undefined
      ? {}
      : {
          requests: [
            {
              setupRequest: (request: autocannon.Request) => {
                const { method, path, body } = next(index);
                index += 1;
                const headers = body === undefined ? {} : { 'content-type': 'application/json' };
                return {
                  ...request,
                  method,
                  path,
                  headers,
                  ...(body === undefined ? {} : { body }),
                };
              },
            },
          ],
        }),
  });
  return {
    perSecond: result.requests.total / result.duration,
    requests: result.requests.total,
    errors: result.errors + result.non2xx - (result.statusCodeStats?.['304']?.count ?? 0),
    p50Ms: result.latency.p50,
  };
}
