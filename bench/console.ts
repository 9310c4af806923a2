import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import {
  firstRowsMs,
  heldBytes,
  instrument,
  type KeyTime,
  keyTimes,
  longestTaskMs,
  taskText,
  until,
} from '#bench/console-page';
import { beginDatasets, type Filling } from '#bench/fill';
import {
  type Bench,
  type BenchRow,
  median,
  percentile,
  startRegistryProgram,
} from '#bench/harness';
import { startBenchNats } from '#bench/nats';
import { provisionStreams } from '#log/provision';
import { startBrowser } from '#test/support/browser';

const DATASETS = 100_000;
const VIEWS = 7;
const LIVE_EVENTS = 50_000;
/** As many as a page keeps, and more: from here on its memory may not grow. */
const EARLY_EVENTS = 5_000;
const BUSY_MS = 30_000;
const BUSY_PER_SECOND = 167;
const TYPED = 'bench/d00042';
const PATIENCE_MS = 120_000;
const MEGABYTE = 1_000_000;

/** A registry that is filled, and a browser to look at it. */
interface Bed {
  readonly url: string;
  readonly browser: Browser;
  readonly filling: Filling;
}

/** The console against a registry with many datasets, and with many events. */
export const consoleBench: Bench = {
  name: 'console',
  async run() {
    await using nats = await startBenchNats({ syncAlways: false });
    await provisionStreams(nats.broker.jsm, { replicas: 1 });
    const filling = beginDatasets(nats.broker.nc, DATASETS);
    await filling.to(DATASETS);
    const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using node = await startRegistryProgram({
        NATS_URL: nats.url,
        ATLAS_DATA_DIR: data,
        ATLAS_ROLE: 'reader',
        ATLAS_SNAPSHOTS: 'off',
      });
      await using opened = await startBrowser();
      const bed = { url: `${node.url}/console`, browser: opened.browser, filling };
      const rows = [await firstView(bed), ...(await search(bed)), await paging(bed)];
      return [...rows, await memory(bed), await busy(bed)];
    } finally {
      filling.close();
      rmSync(data, { recursive: true, force: true });
    }
  },
};

/** Opens a page as a reader with an empty cache does. */
async function open({ browser, url }: Bed, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await instrument(page);
  await page.goto(`${url}${path}`);
  return page;
}

async function close(page: Page): Promise<void> {
  await page.context().close();
}

async function firstView(bed: Bed): Promise<BenchRow> {
  const views: number[] = [];
  for (let view = 0; view < VIEWS; view += 1) {
    const page = await open(bed, '/datasets');
    views.push(await firstRowsMs(page));
    await close(page);
  }
  return {
    what: `first view of the list of ${DATASETS} datasets in a browser with an empty cache, ms`,
    measured: `${median(views).toFixed(0)} ms from the address to painted rows`,
    beside: `${Math.max(...views).toFixed(0)} ms at most of ${VIEWS}`,
    value: median(views),
    limit: { atMost: 1_000 },
    detail: { views },
  };
}

async function search(bed: Bed): Promise<BenchRow[]> {
  const page = await open(bed, '/datasets');
  await firstRowsMs(page);
  let foundMs = 0;
  const taskMs = await longestTaskMs(page, async () => {
    await page.getByLabel('Name holds').pressSequentially(TYPED, { delay: 60 });
    const typed = performance.now();
    // The name goes on with three digits.
    await page.getByText('1,000 datasets').waitFor();
    foundMs = performance.now() - typed;
  });
  await close(page);
  const shared = { detail: { taskMs, foundMs }, beside: `"${TYPED}" typed letter by letter` };
  return [
    {
      what: `search by name among ${DATASETS} datasets: longest task of the page, ms`,
      measured: taskText(taskMs),
      value: taskMs,
      limit: { atMost: 100 },
      ...shared,
    },
    {
      what: `search by name among ${DATASETS} datasets: from the last letter to what was found, ms`,
      measured: `${foundMs.toFixed(0)} ms`,
      value: foundMs,
      limit: { atMost: 1_000 },
      ...shared,
    },
  ];
}

async function paging(bed: Bed): Promise<BenchRow> {
  const page = await open(bed, '/datasets');
  await firstRowsMs(page);
  const list = page.getByRole('group', { name: 'Datasets' });
  let endMs = 0;
  const taskMs = await longestTaskMs(page, async () => {
    await list.focus();
    for (let times = 0; times < 50; times += 1) await page.keyboard.press('PageDown');
    const jumped = performance.now();
    await page.keyboard.press('End');
    await list.getByRole('link', { name: `bench/d000${DATASETS - 1}/x` }).waitFor();
    endMs = performance.now() - jumped;
  });
  const painted = (await keyTimes(page)).map(({ paintedMs }) => paintedMs);
  await close(page);
  return {
    what: `50 pages down and to the end of ${DATASETS} datasets: longest task of the page, ms`,
    measured: taskText(taskMs),
    beside: `${percentile(painted, 0.95).toFixed(0)} ms from a key to what it showed (95 of 100), ${(endMs / 1_000).toFixed(1)} s until the last row was read and shown`,
    value: taskMs,
    limit: { atMost: 100 },
    detail: { taskMs, endMs, painted },
  };
}

/** Waits until the log page has counted so many events. */
async function came(page: Page, count: number): Promise<void> {
  await until(
    page,
    `Number((/([\\d,]+) came/.exec(document.querySelector('main').textContent)?.[1] ?? '0').replaceAll(',', '')) >= ${count}`,
  );
}

async function memory(bed: Bed): Promise<BenchRow> {
  const page = await open(bed, '/log');
  await came(page, 1);
  const session = await page.context().newCDPSession(page);
  const empty = await heldBytes(session);
  await bed.filling.to(DATASETS + EARLY_EVENTS);
  await came(page, EARLY_EVENTS);
  const before = await heldBytes(session);
  const begun = performance.now();
  await bed.filling.to(DATASETS + EARLY_EVENTS + LIVE_EVENTS);
  await came(page, EARLY_EVENTS + LIVE_EVENTS);
  const seconds = (performance.now() - begun) / 1_000;
  const after = await heldBytes(session);
  await close(page);
  const mb = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);
  return {
    what: `what the page of the log holds more after ${LIVE_EVENTS} live events, MB`,
    measured: `${mb(after - before)} MB more: ${mb(before)} MB before, ${mb(after)} MB after ${seconds.toFixed(0)} s of events`,
    beside: `${mb(empty)} MB when it was opened`,
    value: (after - before) / MEGABYTE,
    limit: { atMost: 2 },
    detail: { empty, before, after, seconds },
  };
}

/** Types into the filter of the log while events come. */
async function busy(bed: Bed): Promise<BenchRow> {
  const page = await open(bed, '/log');
  await came(page, 1);
  const field = page.getByLabel('Type, subject or actor holds');
  const from = DATASETS + EARLY_EVENTS + LIVE_EVENTS;
  const begun = performance.now();
  let written = 0;
  const write = async (): Promise<void> => {
    while (performance.now() - begun < BUSY_MS) {
      written = Math.round(((performance.now() - begun) / 1_000) * BUSY_PER_SECOND);
      await bed.filling.to(from + written);
      await delay(20);
    }
  };
  const type = async (): Promise<void> => {
    while (performance.now() - begun < BUSY_MS) {
      await field.pressSequentially('d0', { delay: 150 });
      await field.press('Backspace');
      await field.press('Backspace', { delay: 150 });
    }
  };
  const taskMs = await longestTaskMs(page, async () => {
    await Promise.all([write(), type()]);
  });
  await came(page, written);
  const times = await keyTimes(page);
  await close(page);
  return busyRow(times, { taskMs, written });
}

function busyRow(
  times: readonly KeyTime[],
  { taskMs, written }: { readonly taskMs: number; readonly written: number },
): BenchRow {
  const delays = times.map(({ delayMs }) => delayMs);
  const painted = times.map(({ paintedMs }) => paintedMs);
  const perMinute = (written * 60_000) / BUSY_MS;
  return {
    what: 'typing while 10000 events a minute come: from a key to what it changed on the screen, 95 of 100, ms',
    measured: `${percentile(painted, 0.95).toFixed(0)} ms of ${times.length} keys, ${perMinute.toFixed(0)} events a minute`,
    beside: `a key waited ${percentile(delays, 0.95).toFixed(1)} ms (95 of 100), ${Math.max(...delays).toFixed(0)} ms at most; its longest task: ${taskText(taskMs)}`,
    value: percentile(painted, 0.95),
    limit: { atMost: 200 },
    detail: { taskMs, written, delays, painted },
  };
}
