import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { BedNode } from '#test/faults/bed/bed';
import type { History } from '#test/faults/history';

export interface FollowerOptions {
  readonly name: string;
  readonly node: BedNode;
  readonly history: History;
  readonly signal: AbortSignal;
}

const RECONNECT_MS = 100;

/** Follows the events of a node from the first, and resumes behind the last one it was sent, as a browser does. */
export class Follower {
  readonly #options: FollowerOptions;
  #last = 0;
  readonly done: Promise<void>;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.done = this.#run();
  }

  /** The position of the last event that it was sent. */
  get last(): number {
    return this.#last;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await this.#connect();
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #connect(): Promise<void> {
    const { node, signal } = this.#options;
    const headers = this.#last === 0 ? {} : { 'Last-Event-ID': String(this.#last) };
    return new Promise((resolve) => {
      const url = `${node.url}/registry/events?from=1`;
      const outgoing = request(url, { headers, signal }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const blocks = `${rest}${chunk}`.split('\n\n');
          rest = blocks.pop() ?? '';
          for (const block of blocks) this.#take(block);
        });
        response.on('error', () => undefined);
        response.on('close', resolve);
      });
      outgoing.on('error', () => resolve());
      outgoing.end();
    });
  }

  #take(block: string): void {
    const { name, history } = this.#options;
    const lines = block.split('\n');
    const id = lines.find((line) => line.startsWith('id: '))?.slice(4);
    const data = lines.find((line) => line.startsWith('data: '))?.slice(6);
    if (id === undefined || data === undefined) return;
    const position = Number(id);
    const event = JSON.parse(data) as { id: string };
    history.add({ kind: 'event', follower: name, position, id: event.id });
    this.#last = position;
  }
}
