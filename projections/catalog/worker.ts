import { parentPort, workerData } from 'node:worker_threads';
import { isRegistryError } from '#domain/errors';
import type { WorkerAnswer, WorkerRequest } from '#projections/catalog/catalog-thread';
import { unpacked } from '#projections/catalog/packing';
import { CatalogWriter } from '#projections/catalog/writer';

// The thread of the catalog's writer: SQLite does not wait for the event loop, so it gets one of its own.
const port = parentPort;
if (port === null) throw new Error('Cannot run the catalog worker: it is not in a worker thread');
let writer: CatalogWriter | undefined;

port.on('message', (request: WorkerRequest) => {
  let answer: WorkerAnswer;
  try {
    answer = { id: request.id, ok: true, value: carryOut(request) };
  } catch (error) {
    answer = { id: request.id, ok: false, error: toPlain(error) };
  }
  port.postMessage(answer);
});

function carryOut(request: WorkerRequest): unknown {
  switch (request.kind) {
    case 'open':
      writer ??= new CatalogWriter((workerData as { path: string }).path);
      return writer.checkpoint();
    case 'apply':
      return writer?.apply(unpacked(request.batch), request.streamCreated);
    case 'clear':
      writer?.reset();
      return undefined;
    case 'close':
      writer?.close();
      writer = undefined;
      return undefined;
    default:
      return request satisfies never;
  }
}

function toPlain(error: unknown): Extract<WorkerAnswer, { ok: false }>['error'] {
  if (isRegistryError(error)) {
    const { code, message, details } = error;
    return { code, message, details: { ...details } };
  }
  return {
    code: undefined,
    message: error instanceof Error ? error.message : String(error),
    details: {},
  };
}
