import { parseDatasetName } from '#domain/dataset-name';
import { isRegistryError } from '#domain/errors';
import { NEWEST } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { HttpDependencies } from '#http/dependencies';
import type { FoundRun } from '#projections/job-runs/job-run-view';

/** A dataset of this registry that a run reads or writes. */
export interface LinkedDataset {
  readonly as: 'input' | 'output';
  readonly name: string;
  readonly href: string;
}

const LOOKUPS_MAX = 2_000;

/**
 * Finds the datasets of this registry among a run's inputs and outputs, by their names in the run's scope: the whole name as
 * the run says it, or, of a reported run, the name behind its namespace.
 */
export function linkedDatasets(
  { catalog }: Pick<HttpDependencies, 'catalog'>,
  {
    scope,
    prefix,
    run,
  }: { readonly scope: Scope; readonly prefix: string; readonly run: FoundRun },
): readonly LinkedDataset[] {
  const { datasets } = catalog();
  const seen = new Set<string>();
  return namesOf(run)
    .slice(0, LOOKUPS_MAX)
    .flatMap(({ as, name }) => {
      const parsed = nameOf(name);
      const key = `${as} ${name}`;
      if (parsed === undefined || seen.has(key)) return [];
      seen.add(key);
      if (datasets.find(scope, parsed, NEWEST) === undefined) return [];
      return [{ as, name: parsed, href: `${prefix}/registry/datasets/${parsed}` }];
    });
}

function namesOf(found: FoundRun): readonly { as: LinkedDataset['as']; name: string }[] {
  const { run, lineage } = found;
  if (lineage === undefined) return run.inputs.map((name) => ({ as: 'input', name }));
  return [
    ...lineage.inputs.items.map(({ name }) => ({ as: 'input' as const, name })),
    ...lineage.outputs.items.map(({ name }) => ({ as: 'output' as const, name })),
  ];
}

function nameOf(text: string) {
  try {
    return parseDatasetName(text);
  } catch (error) {
    if (isRegistryError(error, 'INVALID_NAME')) return undefined;
    throw error;
  }
}
