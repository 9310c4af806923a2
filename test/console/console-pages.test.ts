import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPicture, seriousFaults } from '#test/support/browser';
import { type ConsoleBed, startConsoleBed } from '#test/support/console-bed';
import { CONSOLE_PAGES, type ConsolePage } from '#test/support/console-pages';

const LOOKS = [
  ['light-wide', { colorScheme: 'light', width: 1_440 }],
  ['dark-wide', { colorScheme: 'dark', width: 1_440 }],
  ['light-narrow', { colorScheme: 'light', width: 360 }],
  ['dark-narrow', { colorScheme: 'dark', width: 360 }],
] as const;
const HEIGHT = 900;
/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };

/** Tells every control of the page once, in the order of the page. */
const CONTROLS = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.checkVisibility() && one.closest('dialog:not([open])') === null)`;
/** Tells the control that has the focus by its number, and whether the page shows where it is. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const { top, left } = one.getBoundingClientRect();
  const shown = getComputedStyle(one).outlineStyle !== 'none' && top < innerHeight && left >= 0;
  return { number: controls.indexOf(one), shown };
})()`;

describe('every page of the console', () => {
  let bed: ConsoleBed;

  beforeAll(async () => {
    bed = await startConsoleBed();
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
  });

  async function whole(page: Page, { title, proof }: ConsolePage): Promise<void> {
    await page.getByText(proof).first().waitFor();
    expect(await page.locator('h1').textContent()).toBe(title);
    await expect.poll(async () => await page.getByText('Loading…').count(), PATIENCE).toBe(0);
  }

  it.each(CONSOLE_PAGES)(
    '$name is shown by its address, light and dark, wide and on a phone without scrolling sideways; axe finds nothing serious, and no other host is asked',
    async (wanted) => {
      await using opened = await bed.open(wanted.path);
      const { page, errors, foreign } = opened;
      await whole(page, wanted);
      for (const [look, { colorScheme, width }] of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: HEIGHT });
        await keepPicture(page, `${wanted.name}-${look}`);
        expect(await seriousFaults(page)).toEqual([]);
        const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(beyond, look).toBe(0);
      }
      const expected = wanted.name === 'dataset-missing' ? 1 : 0;
      expect(errors).toHaveLength(expected);
      expect(foreign).toEqual([]);
    },
  );

  it.each(CONSOLE_PAGES)(
    '$name is worked by keyboard: Tab reaches every control in the order of the page, and each shows that it is there',
    async (wanted) => {
      await using opened = await bed.open(wanted.path);
      const { page } = opened;
      await whole(page, wanted);
      const count = Number(
        await page.evaluate(`(globalThis.controls = ${CONTROLS}, controls.length)`),
      );
      const reached: unknown[] = [];
      for (let step = 0; step < count; step += 1) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(FOCUSED));
      }
      const all = Array.from({ length: count }, (_, number) => ({ number, shown: true }));
      expect(reached).toEqual(all);
    },
  );
});
