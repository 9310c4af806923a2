import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';
import { withCommandTables } from '#test/support/command-document';

// Writes the tables of commands and of exit codes again, after the commands have changed.
const path = join(packageInfo().root, 'docs/cli.md');
writeFileSync(path, withCommandTables(readFileSync(path, 'utf8')));
