import { parentPort, workerData } from 'node:worker_threads';
import { OpenFiles, type OpenFilesOptions } from '#cache/query/open-files';
import type { QueryAnswer, QueryOrder } from '#cache/query/query-thread';
import { runQuery } from '#cache/query/run-query';
import { isRegistryError } from '#domain/errors';

// A thread that runs queries one after the other: SQLite does not wait for the event loop, so long ones get threads of their own.
const port = parentPort;
if (port === null) throw new Error('Cannot run the query worker: it is not in a worker thread');
const files = new OpenFiles(workerData as OpenFilesOptions);

port.on('message', (order: QueryOrder) => {
  port.postMessage(carryOut(order));
});
port.postMessage({ kind: 'ready' } satisfies QueryAnswer);

function carryOut(order: QueryOrder): QueryAnswer {
  if (order.kind === 'forget') {
    files.forget(order.sha256);
    return { kind: 'forgotten' };
  }
  try {
    return { kind: 'page', page: runQuery(files.get(order.file), order.query) };
  } catch (error) {
    return { kind: 'failed', ...toPlain(error) };
  }
}

function toPlain(error: unknown): Omit<Extract<QueryAnswer, { kind: 'failed' }>, 'kind'> {
  if (isRegistryError(error)) {
    const { code, message, details } = error;
    return { code, message, details: { ...details } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: undefined, message, details: {} };
}
