import { parentPort } from 'node:worker_threads';
import { ownThreadId } from '#flow/thread-time';
import type { WorkerAnswer } from '#flow/worker-thread';

/** Makes this thread one of a `WorkerPool`: it answers each job with what `work` gives for it. */
export function serveWork(work: (input: never) => unknown): void {
  const port = parentPort;
  if (port === null) throw new TypeError('Cannot serve work: this is no thread of a pool');
  const answer = (message: WorkerAnswer<unknown>): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    port.postMessage(message);
  };
  port.on('message', (input: unknown) => {
    try {
      answer({ kind: 'done', result: work(input as never) });
    } catch (error) {
      answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
  answer({ kind: 'ready', threadId: ownThreadId() });
}
