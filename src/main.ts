#!/usr/bin/env node
import { buildProgram } from '#cli/program';
import { startCluster } from '#compose/cluster';
import { diagnose } from '#compose/doctor';
import { checkMachine } from '#compose/doctor/machine';
import { DRILLS } from '#compose/drills';
import { provision } from '#compose/provision';
import { openReset } from '#compose/reset-views';
import { openStandby } from '#compose/standby';
import { startRegistry } from '#compose/start-registry';
import { verifyAudit } from '#compose/verify-audit';
import { locateInJson } from '#contracts/json/locate';
import { canonicalJson } from '#domain/canonical-json';
import { parseScope } from '#domain/scope';
import { packageInfo } from '#ops/package-root';
import { manifestFolder } from '#projections/manifest-files/manifest-path';
import { readManifestFile } from '#projections/manifest-files/read-manifest-file';

const { root, version } = packageInfo();
const manifestFormat = {
  folderOf: (tenant: string, environment: string) =>
    manifestFolder(parseScope(tenant, environment)),
  read: readManifestFile,
};
const jsonTools = { canonical: canonicalJson, locate: locateInJson };
await buildProgram({
  root,
  version,
  startRegistry,
  startCluster,
  doctor: { diagnose, machine: checkMachine },
  verifyAudit,
  provision,
  openReset,
  openStandby,
  drills: DRILLS,
  manifestFormat,
  jsonTools,
}).parseAsync();
