import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';
import { withMetricsTable } from '#test/support/metrics-document';

// Writes the table of metrics again, after the list has changed.
const path = join(packageInfo().root, 'docs/metrics.md');
writeFileSync(path, withMetricsTable(readFileSync(path, 'utf8')));
