import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service, ServiceAccount } from 'kubernetes-models/v1';
import { packageInfo } from '#ops/package-root';
import type { Manifest } from '#test/support/helm/render-chart';
import { tempFolder } from '#test/support/temp';

interface Checked {
  validate(): void;
}

/** Where the schema and the type of each kind are, and the check that the schema was compiled to. */
const KINDS: Readonly<Record<string, readonly [module: string, of: new (data: never) => Checked]>> =
  {
    'apps/v1 Deployment': ['kubernetes-models/apps/v1', Deployment],
    'apps/v1 StatefulSet': ['kubernetes-models/apps/v1', StatefulSet],
    'autoscaling/v2 HorizontalPodAutoscaler': [
      'kubernetes-models/autoscaling/v2',
      HorizontalPodAutoscaler,
    ],
    'batch/v1 CronJob': ['kubernetes-models/batch/v1', CronJob],
    'batch/v1 Job': ['kubernetes-models/batch/v1', Job],
    'networking.k8s.io/v1 NetworkPolicy': ['kubernetes-models/networking.k8s.io/v1', NetworkPolicy],
    'policy/v1 PodDisruptionBudget': ['kubernetes-models/policy/v1', PodDisruptionBudget],
    'v1 Service': ['kubernetes-models/v1', Service],
    'v1 ServiceAccount': ['kubernetes-models/v1', ServiceAccount],
    'monitoring.coreos.com/v1 ServiceMonitor': [
      '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
      ServiceMonitor,
    ],
    'monitoring.coreos.com/v1 PrometheusRule': [
      '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
      PrometheusRule,
    ],
  };

function kindOf({ apiVersion, kind }: Manifest) {
  const known = KINDS[`${apiVersion} ${kind}`];
  if (known === undefined) throw new Error(`There is no schema of ${apiVersion} ${kind}`);
  return known;
}

/** What is wrong with manifests by the schemas of Kubernetes: what is missing, and what has a wrong type or format. */
export function schemaFaults(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) => {
    const [, Model] = kindOf(manifest);
    try {
      new Model(manifest as never).validate();
      return [];
    } catch (error) {
      return [`${manifest.kind} ${manifest.metadata.name}: ${String(error)}`];
    }
  });
}

/**
 * What is wrong with manifests by the types that were made of the schemas: members that nobody knows above all, which the schemas
 * let pass. Kubernetes would drop them, or refuse them.
 */
export async function typeFaults(manifests: readonly Manifest[]): Promise<readonly string[]> {
  using folder = tempFolder();
  const { root } = packageInfo();
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const lines = manifests.flatMap((manifest, index) => {
    const [module] = kindOf(manifest);
    const type = `import('${module}').I${manifest.kind}`;
    return [`export const m${index}: ${type} = ${JSON.stringify(manifest)};`];
  });
  const file = join(folder.path, 'manifests.ts');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const flags = '--noEmit --strict --skipLibCheck --module preserve --target es2022 --types'.split(
    ' ',
  );
  const tsc = join(root, 'node_modules/.bin/tsc');
  const options = { cwd: folder.path, timeout: 100_000 };
  return await promisify(execFile)(tsc, [...flags, '', file], options).then(
    () => [],
    ({ stdout, message }: Error & { stdout?: string }) => (stdout ?? message).trim().split('\n'),
  );
}
