import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from '#ops/config/settings-table';
import { packageInfo } from '#ops/package-root';

// Writes the table of settings between its marks in the README.
const path = join(packageInfo().root, 'README.md');
const [begin, end] = ['<!-- settings:begin -->\n', '<!-- settings:end -->'];
const readme = readFileSync(path, 'utf8');
const [before, rest] = readme.split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`${path} has no marks ${begin}`);
writeFileSync(path, `${before}${begin}${settingsTable()}\n${end}${after}`);
