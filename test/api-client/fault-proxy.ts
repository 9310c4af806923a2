import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with one request: hands it on, answers itself, or hands it on and cuts the connection before the answer. */
export type Fault =
  | 'none'
  | 'cut-before'
  | 'cut-answer'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: object }
  | { readonly cutAfterBytes: number };

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly requests: ProxiedRequest[];
  /** The registry behind it, which may come back elsewhere. */
  target: string;
}

/** Stands between a client and a registry, and does to each request what it is told. */
export async function faultProxy(
  target: string,
  choose: (request: ProxiedRequest) => Fault,
): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url: path = '', headers } = incoming;
    const seen = { method, path, headers };
    requests.push(seen);
    const fault = choose(seen);
    if (fault === 'cut-before') return void outgoing.destroy();
    if (typeof fault === 'object' && 'status' in fault) {
      outgoing.writeHead(fault.status, {
        'Content-Type': 'application/problem+json',
        ...fault.headers,
      });
      return void outgoing.end(JSON.stringify(fault.body ?? {}));
    }
    const onward = request(`${proxy.target}${path}`, { method, headers }, (answer) => {
      if (fault === 'cut-answer') {
        answer.resume().once('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        const isOver = typeof fault === 'object' && bytes >= fault.cutAfterBytes;
        outgoing.write(chunk, () => {
          if (isOver) outgoing.destroy();
        });
      });
      answer.once('end', () => outgoing.end());
      answer.once('error', () => outgoing.destroy());
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    onward.end(Buffer.concat(chunks));
  };
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    target,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
