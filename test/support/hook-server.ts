import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came, with its whole body. */
export interface HookRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request, given how many came before it; not answering is allowed. */
export type HookBehaviour = (response: ServerResponse, index: number, request: HookRequest) => void;

/** A receiver of webhooks on this machine. */
export interface HookServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly HookRequest[];
  behave(behaviour: HookBehaviour): void;
}

/** Answers with a status and nothing else. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
): HookBehaviour {
  return (response) => {
    response.writeHead(code, headers).end();
  };
}

/** Starts a receiver that answers 200 until it is told otherwise. */
export async function startHookServer(): Promise<HookServer> {
  const requests: HookRequest[] = [];
  let behaviour = status(200);
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      behaviour(response, requests.length - 1, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    behave: (next) => {
      behaviour = next;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
