import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LineageWarner, lineageWarner } from '#lineage/lineage-warnings';

/** Opens what says what is odd about a lineage event, with the published schemas that the package holds. */
export function lineageWarnerOf(packageRoot: string): LineageWarner {
  const folder = join(packageRoot, 'src', 'lineage', 'schema');
  const facets = readdirSync(join(folder, 'facets'))
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  return lineageWarner({
    event: readFileSync(join(folder, 'OpenLineage.json'), 'utf8'),
    facets: facets.map((name) => readFileSync(join(folder, 'facets', name), 'utf8')),
  });
}
