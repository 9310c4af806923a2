import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXHIBITS } from '#test/faults/museum/exhibits';
import { FAULTS } from '#test/faults/nemesis/nemesis';

const page = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8');

/** The first cells of the table below a heading. */
function rowsBelow(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => row.split(' | ')[0]?.slice(2) ?? '');
}

it('docs/reliability.md names every fault and every exhibit, and no others', () => {
  expect(rowsBelow('How it is broken')).toEqual(FAULTS.map(({ name }) => name));
  expect(rowsBelow('Does the harness find anything?')).toEqual(EXHIBITS.map(({ name }) => name));
});
