import { ok, problemOf } from '#cli/doctor/finding';
import type { Check, CheckSetup } from '#compose/doctor/check';
import { openSource } from '#compose/open-source';
import type { DeclaredSource } from '#ops/config/source-list';

/** Looks whether every source gives its catalog. */
export const checkSources: Check = async (setup) =>
  await Promise.all(setup.config.sources.map(async (source) => sourceFinding(setup, source)));

async function sourceFinding({ config, releases }: CheckSetup, declared: DeclaredSource) {
  const check = `source ${declared.name}`;
  try {
    const store = await openSource(declared, config);
    releases.add(check, () => store.close());
    const fetched = await store.fetchCatalog();
    const count = fetched.kind === 'catalog' ? fetched.catalog.datasets.length : 0;
    return ok(check, `its catalog has ${count} datasets`);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    const todo =
      'check ATLAS_REGISTRY_SOURCES, ATLAS_REGISTRY_TOKENS and, for addresses of your own network, ATLAS_ALLOW_PRIVATE_STORE_HOSTS';
    return problemOf(check, new Error(`${is} (want it to answer: ${todo})`));
  }
}
