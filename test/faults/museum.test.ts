import { describe, expect, it } from 'vitest';
import { canCutPower } from '#test/faults/bed/power-disk';
import { patchedFiles } from '#test/faults/bed/program-copy';
import { EXHIBITS } from '#test/faults/museum/exhibits';
import { findExhibit } from '#test/faults/museum/find-exhibit';
import { tempFolder } from '#test/support/temp';

const TIMEOUT_MS = 400_000;
const shown = EXHIBITS.filter(({ withDisk }) => withDisk !== true || canCutPower());

it('every exhibit fits the program that it changes', () => {
  for (const { patches } of EXHIBITS) expect(patchedFiles(patches).size).toBeGreaterThan(0);
  expect(EXHIBITS.length).toBeGreaterThan(14);
});

describe('the harness finds a registry that would', () => {
  it.each(shown)(
    '$name',
    async (exhibit) => {
      using folder = tempFolder();
      const { seed, violations } = await findExhibit(exhibit, folder.path);
      expect({ seed, violations }).toMatchObject({ seed: expect.any(Number) });
    },
    TIMEOUT_MS,
  );
});
