import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DRILL_EXITS } from '#cli/drill';
import { DRILLS } from '#compose/drills';
import { packageInfo } from '#ops/package-root';

const { root } = packageInfo();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/drills.md');

/** The cells of each row of a table that begins with this head. */
function rowsUnder(head: string): readonly (readonly string[])[] {
  const [, after = ''] = page.split(`| ${head} |`);
  const [table = ''] = after.split('\n\n');
  return table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

describe('docs/drills.md', () => {
  it('has a row with every cell filled for each drill, and none for another', () => {
    const rows = rowsUnder('drill');
    expect(rows.map(([name = '']) => name).toSorted()).toEqual(
      DRILLS.map(({ name }) => `\`${name}\``).toSorted(),
    );
    for (const cells of rows) {
      expect(cells).toHaveLength(5);
      expect(cells.every((cell) => cell !== '')).toBe(true);
    }
  });

  it('names every option that makes a drill write to the registry of the settings', () => {
    const rows = rowsUnder('drill');
    for (const [drill, option] of [
      ['replay', '--swap'],
      ['restore', '--into-broker'],
    ]) {
      const options = DRILLS.find(({ name }) => name === drill)?.options ?? [];
      expect(options.map(({ flags }) => flags.split(' ')[0])).toContain(option);
      expect(rows.find(([name]) => name === `\`${drill}\``)?.[2]).toContain(option);
    }
  });

  it('has every exit code of the help', () => {
    expect(rowsUnder('exit code').map(([code]) => code)).toEqual(Object.keys(DRILL_EXITS));
  });

  it('is linked from the README and from every runbook, and links each of them', () => {
    expect(read('README.md')).toContain('(docs/drills.md)');
    for (const name of readdirSync(join(root, 'docs/runbooks'))) {
      expect(read(`docs/runbooks/${name}`), name).toContain('(../drills.md)');
      expect(page, name).toContain(`(runbooks/${name})`);
    }
  });
});
