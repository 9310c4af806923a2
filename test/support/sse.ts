import { request } from 'node:http';

export interface SseMessage {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

/** A connection that reads server-sent events. */
export interface SseConnection {
  readonly status: number;
  readonly messages: SseMessage[];
  readonly comments: string[];
  /** Stops reading from the socket; the server may go on writing. */
  pause(): void;
  resume(): void;
  close(): void;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
}

/** Opens an event stream with Node's own client: a slow reader needs control over the socket. */
export function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<SseConnection> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers }, (response) => {
      const messages: SseMessage[] = [];
      const comments: string[] = [];
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const blocks = `${rest}${chunk}`.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const lines = block.split('\n');
          const field = (name: string): string | undefined =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          comments.push(...lines.filter((line) => line.startsWith(':')));
          const data = field('data');
          if (data !== undefined) messages.push({ id: field('id'), event: field('event'), data });
        }
      });
      const ended = new Promise<void>((done) => response.on('close', () => done()));
      response.on('error', () => undefined);
      resolve({
        status: response.statusCode ?? 0,
        messages,
        comments,
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        close: () => void outgoing.destroy(),
        ended,
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
