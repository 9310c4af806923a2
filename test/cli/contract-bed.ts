import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addCache } from '#cli/cache';
import type { CommandHost } from '#cli/command/command-host';
import { addContract } from '#cli/contract';
import { addDataset } from '#cli/dataset';
import { addEvents } from '#cli/events';
import { addJob } from '#cli/job';
import { addKey } from '#cli/key';
import { ManualCommand } from '#cli/manual/manual-command';
import { addProfile } from '#cli/profile';
import { addToken } from '#cli/token';
import { locateInJson } from '#contracts/json/locate';
import { canonicalJson } from '#domain/canonical-json';

/** What a run of a command left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** Whether standard input is a terminal. Default: it is a pipe. */
  readonly isTyped?: boolean;
  readonly nowMs?: number;
  readonly colours?: boolean;
  /** Resolves when a signal comes. Default: none does. */
  readonly signalled?: Promise<string>;
}

export const JSON_TOOLS = { canonical: canonicalJson, locate: locateInJson };

class Exited extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Runs `atlas-registry contract ...` inside the test, with everything that it would have of its process. */
export async function runContract(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return await runCommandLine(['contract', ...args], options);
}

/** Runs a command of `atlas-registry` inside the test. */
export async function runCommandLine(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const { stdin = '', nowMs, colours = false, signalled } = options;
  const ended = { stdout: '', stderr: '' };
  const program = new ManualCommand('atlas-registry').version('1').enablePositionalOptions();
  const host: CommandHost = {
    out: { write: (text) => void (ended.stdout += text) },
    err: { write: (text) => void (ended.stderr += text) },
    colours,
    json: JSON_TOOLS,
    nowMs: () => nowMs ?? Date.now(),
    readStandardInput: async () => Buffer.from(stdin),
    isTyped: () => options.isTyped ?? false,
    untilSignalled: async () => await (signalled ?? new Promise(() => undefined)),
    whenUnread: () => undefined,
    exit: (code) => {
      throw new Exited(code);
    },
  };
  addCache(program, host);
  addContract(program, host);
  addDataset(program, host);
  addJob(program, host);
  addEvents(program, host);
  addKey(program, host);
  addProfile(program, host);
  addToken(program, host);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof Exited) return { code: error.code, ...ended };
    throw error;
  }
  throw new Error('The command did not end with an exit code');
}

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at what is there
  readonly body: any;
}

export interface StubServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: StubRequest[];
}

/** What a stub answers: a body is sent as JSON; nothing is a connection that is cut. */
export type StubAnswer =
  | { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | undefined;

/** A server that answers as a registry would, or worse. */
export async function stubRegistry(
  answer: (request: StubRequest) => StubAnswer | Promise<StubAnswer>,
): Promise<StubServer> {
  const requests: StubRequest[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const path = (request.url ?? '').replace(/^\/tenants\/[^/]+\/environments\/[^/]+/, '');
    const { method = '', headers } = request;
    const seen: StubRequest = { method, path, headers, body: jsonOf(text) };
    requests.push(seen);
    const given = await answer(seen);
    if (given === undefined) {
      response.destroy();
      return;
    }
    const { status = 200, body } = given;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'Content-Type': type, ...given.headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address that nobody listens at. */
export async function nobody(): Promise<string> {
  const server = await stubRegistry(() => undefined);
  await server[Symbol.asyncDispose]();
  return server.url;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
