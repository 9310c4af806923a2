import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';

const PATIENCE_MS = 120_000;
const LOOK_MS = 50;

/** Runs in the page before its own script: notes when rows were painted, the longest task, and how long keys took. */
const INSTRUMENTS = `
  globalThis.seen = { rowsMs: undefined, longestMs: 0, keys: [] };
  const painted = (note) => requestAnimationFrame(() => setTimeout(() => note(performance.now())));
  const rows = new MutationObserver(() => {
    if (document.querySelector('.virtual [role=listitem] a') === null) return;
    rows.disconnect();
    painted((ms) => { seen.rowsMs = ms; });
  });
  rows.observe(document, { childList: true, subtree: true });
  const note = (entries) => {
    for (const { duration } of entries) seen.longestMs = Math.max(seen.longestMs, duration);
  };
  const tasks = new PerformanceObserver((list) => note(list.getEntries()));
  tasks.observe({ type: 'longtask' });
  seen.longest = () => {
    note(tasks.takeRecords());
    return seen.longestMs;
  };
  addEventListener('keydown', (event) => {
    const delayMs = performance.now() - event.timeStamp;
    painted((ms) => seen.keys.push({ delayMs, paintedMs: ms - event.timeStamp }));
  }, { capture: true });
`;

/** How long a key waited for the page, and until the page was drawn with what it did. */
export interface KeyTime {
  readonly delayMs: number;
  readonly paintedMs: number;
}

/** Puts the instruments into a page that is not yet opened. */
export async function instrument(page: Page): Promise<void> {
  await page.addInitScript({ content: INSTRUMENTS });
}

/** Waits until an expression holds in the page. Asked from outside: the page's own policy lets no text become code. */
export async function until(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if ((await page.evaluate(expression)) === true) return;
    await delay(LOOK_MS);
  }
  throw new Error(`Waited ${PATIENCE_MS} ms in vain for: ${expression}`);
}

/** Gives when the first rows were painted, from the begin of the navigation, ms. */
export async function firstRowsMs(page: Page): Promise<number> {
  await until(page, 'seen.rowsMs !== undefined');
  return (await page.evaluate('seen.rowsMs')) as number;
}

/**
 * Gives the longest task of the page while something was done, ms: nothing else could happen meanwhile. 0 where none took 50 ms,
 * from which on browsers tell of them.
 */
export async function longestTaskMs(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate('seen.longest(), (seen.longestMs = 0)');
  await work();
  return (await page.evaluate('seen.longest()')) as number;
}

/** Writes how long the longest task was. */
export function taskText(ms: number): string {
  return ms === 0 ? 'below 50 ms' : `${ms.toFixed(0)} ms`;
}

/** Gives how long each key has taken so far. */
export async function keyTimes(page: Page): Promise<readonly KeyTime[]> {
  return (await page.evaluate('seen.keys')) as readonly KeyTime[];
}

/** Gives the bytes that the page's script holds once everything it could free is freed. */
export async function heldBytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}
