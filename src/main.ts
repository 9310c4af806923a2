#!/usr/bin/env node
import { buildProgram } from '#cli/program';
import { checkMachine } from '#compose/doctor/machine';
import { locateInJson } from '#contracts/json/locate';
import { canonicalJson } from '#domain/canonical-json';
import { parseScope } from '#domain/scope';
import { packageInfo } from '#ops/package-root';
import { manifestFolder } from '#projections/manifest-files/manifest-path';

/** Commands that speak to a registry, or to nobody: they need nothing of what runs one. */
const LIGHT: ReadonlySet<string | undefined> = new Set([
  '--version',
  'cache',
  'catalog',
  'contract',
  'dataset',
  'events',
  'job',
  'key',
  'profile',
  'token',
]);

const { root, version } = packageInfo();
// What runs a registry takes most of a second to load, on 2 cores 0.8 s of 1.1 s: who lists datasets does not wait for it.
await buildProgram({
  root,
  version,
  startRegistry: async (...of) =>
    await (await import('#compose/start-registry')).startRegistry(...of),
  startCluster: async (...of) => await (await import('#compose/cluster')).startCluster(...of),
  doctor: {
    diagnose: async (...of) => await (await import('#compose/doctor')).diagnose(...of),
    machine: checkMachine,
  },
  verifyAudit: async (...of) => await (await import('#compose/verify-audit')).verifyAudit(...of),
  provision: async (...of) => await (await import('#compose/provision')).provision(...of),
  openReset: async (...of) => await (await import('#compose/reset-views')).openReset(...of),
  openStandby: async (...of) => await (await import('#compose/standby')).openStandby(...of),
  drills: LIGHT.has(process.argv[2]) ? [] : (await import('#compose/drills')).DRILLS,
  manifestFormat: {
    folderOf: (tenant, environment) => manifestFolder(parseScope(tenant, environment)),
    read: async (...of) =>
      await (await import('#projections/manifest-files/read-manifest-file')).readManifestFile(
        ...of,
      ),
  },
  jsonTools: { canonical: canonicalJson, locate: locateInJson },
}).parseAsync();
