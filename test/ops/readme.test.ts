import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsTable } from '#ops/config/settings-table';

const BEGIN = '<!-- settings:begin -->';
const END = '<!-- settings:end -->';

describe('the README', () => {
  it('lists the settings exactly as the program reads them', () => {
    const text = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const parts = text.split(BEGIN);
    expect(parts, `"${BEGIN}" stands once`).toHaveLength(2);
    const [table, ...rest] = (parts[1] ?? '').split(END);
    expect(rest, `"${END}" stands once`).toHaveLength(1);
    expect(table?.trim()).toBe(settingsTable());
  });
});
