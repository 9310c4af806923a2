import { writeFileSync } from 'node:fs';
import { softwareBillOfMaterials } from '#test/support/sbom';

// Writes the list of what runs in production to the file that is named.
const [path = 'atlas-registry.cdx.json'] = process.argv.slice(2);
writeFileSync(path, softwareBillOfMaterials());
process.stdout.write(`${path}\n`);
