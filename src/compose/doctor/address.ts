import { once } from 'node:events';
import { createServer } from 'node:net';
import { Agent, request } from 'undici';
import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import type { Check } from '#compose/doctor/check';
import type { Config } from '#ops/config/settings';

const ANSWER_BYTES_MAX = 65_536;

interface Readiness {
  readonly status?: string;
  readonly version?: string;
  readonly parts?: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly detail?: string;
  }[];
}

/** Looks whether the address is free, or has a registry that is in order. */
export const checkAddress: Check = async ({ config, timeoutMs }) => {
  const { host, port } = config.bind;
  const at = `${host}:${port}`;
  const taken = await takenBy(host, port);
  if (taken === undefined) return [ok('address', `${at} is free: no registry runs there`)];
  if (taken !== 'EADDRINUSE') {
    const todo = 'set BIND_ADDR to an address of this machine, with a port from 1024 on';
    return [problem('address', `${at} cannot be used: ${taken}`, todo)];
  }
  const readiness = await readinessOf(config, timeoutMs / 2);
  if (readiness?.parts !== undefined) return readinessFindings(at, readiness);
  return [
    problem(
      'address',
      `${at} is taken by another program`,
      `end it (ss -ltnp 'sport = :${port}'), or set BIND_ADDR`,
    ),
  ];
};

/** Gives why nobody can listen there; `undefined` where somebody could. */
async function takenBy(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen(port, host);
    await listening;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    server.close();
  }
}

async function readinessOf(config: Config, timeoutMs: number): Promise<Readiness | undefined> {
  const { bind, tlsCert } = config;
  const host = ['0.0.0.0', '::'].includes(bind.host) ? '127.0.0.1' : bind.host;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  // It is asked what it says of itself, on this machine: its name does not matter.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false, timeout: timeoutMs } });
  try {
    const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bind.port}/readyz`;
    const options = { dispatcher, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const { body } = await request(url, options);
    const text = await body.text();
    return text.length > ANSWER_BYTES_MAX ? undefined : (JSON.parse(text) as Readiness);
  } catch {
    return undefined;
  } finally {
    await dispatcher.destroy();
  }
}

function readinessFindings(
  at: string,
  { status, version, parts = [] }: Readiness,
): readonly Finding[] {
  const is = `a registry ${version} answers at ${at}: ${status}`;
  const sick = parts.filter(({ ready }) => !ready);
  const detail = sick.map((part) => `${part.name}: ${part.detail ?? 'not ready'}`).join('; ');
  if (status === 'ready') return [ok('registry', is)];
  const todo = 'see docs/runbooks for the part that is named';
  return [(status === 'not-ready' ? problem : warning)('registry', `${is} (${detail})`, todo)];
}
