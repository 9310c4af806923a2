import { join } from 'node:path';
import { ProgressBar, type TextOutput } from '#cli/command/progress';
import { loadExamples } from '#cli/examples/load-examples';
import { RegistryClient } from '#cli/remote/registry-client';

/** Loads the bundled examples into the registry at a URL, where they are not there yet, and shows how far it has come. */
export async function loadWithProgress(
  url: string,
  { root, out }: { readonly root: string; readonly out: TextOutput },
): Promise<void> {
  let bar: ProgressBar | undefined;
  const loaded = await loadExamples(new RegistryClient(url), join(root, 'examples'), {
    begin: (total) => {
      if (total > 0) bar = new ProgressBar(out, 'Loading examples', total);
    },
    advance: (steps, note) => bar?.advance(steps, note),
  });
  const { datasets, rows, contracts } = loaded;
  if (loaded.nothingToDo) out.write('Examples are loaded already\n');
  else
    bar?.finish(
      `Loaded ${datasets} datasets with ${rows} genes and ${contracts} contract versions`,
    );
}
