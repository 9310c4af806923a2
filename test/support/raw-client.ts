import { connect, type Socket } from 'node:net';

/** What a server has sent over one connection. */
export interface RawAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at what is there
  readonly json: any;
}

/** A connection whose bytes the test writes itself. */
export interface RawClient extends Disposable {
  readonly socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** Everything that has come so far. */
  received(): string;
  /** Resolves when the server has ended the connection. */
  readonly closed: Promise<void>;
  /** Waits for that, and reads what came as one answer. */
  answer(): Promise<RawAnswer>;
}

/** Opens a connection to a server. */
export function openRaw(base: string): RawClient {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    received: () => text,
    closed,
    answer: async () => {
      await closed;
      return parseAnswer(text);
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Sends bytes over a connection of their own and reads the answer to its end. */
export async function sendRaw(base: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  using client = openRaw(base);
  client.write(bytes);
  return await client.answer();
}

/** Reads the first answer in what a server has sent. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const rest = end < 0 ? '' : text.slice(end + 4);
  const length = headers['content-length'];
  const body = length === undefined ? rest : rest.slice(0, Number(length));
  const isJson = headers['content-type']?.includes('json') === true && length !== undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  return { status, headers, body, json: isJson ? JSON.parse(body) : undefined };
}
