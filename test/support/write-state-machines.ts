import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';
import { stateMachinesDocument } from '#test/support/state-machines-document';

// Writes the drawings of the state machines again, after a table has changed.
writeFileSync(join(packageInfo().root, 'docs/state-machines.md'), stateMachinesDocument());
