import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { ownThreadId, threadTimeMs } from '#flow/thread-time';

it('threadTimeMs() tells what a thread has run, not how long it has waited', async () => {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const { readlinkSync } = require('node:fs');
    parentPort.on('message', (ms) => {
      const endMs = performance.now() + ms;
      while (performance.now() < endMs);
      parentPort.postMessage('done');
    });
    parentPort.postMessage(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
  `;
  const worker = new Worker(program, { eval: true });
  const said = async (): Promise<unknown> =>
    await new Promise((resolve) => worker.once('message', resolve));
  const threadId = Number(await said());
  expect(threadId).not.toBe(ownThreadId());
  const before = threadTimeMs(threadId) ?? Number.NaN;
  await new Promise((resolve) => setTimeout(resolve, 300));
  const idle = (threadTimeMs(threadId) ?? Number.NaN) - before;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage(300);
  await said();
  const busy = (threadTimeMs(threadId) ?? Number.NaN) - before - idle;
  expect(idle).toBeLessThan(100);
  expect(busy).toBeGreaterThan(idle);
  expect(busy).toBeLessThan(400);
  await worker.terminate();
});

it('threadTimeMs() of a thread that nobody knows is unknown', () => {
  expect(threadTimeMs(undefined)).toBeUndefined();
  expect(threadTimeMs(2 ** 31)).toBeUndefined();
});
