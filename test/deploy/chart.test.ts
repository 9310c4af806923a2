import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '#ops/config/read-config';
import { SETTINGS } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';
import { readDockerfile, saidBy } from '#test/support/deploy/dockerfile';
import { schemaFaults, typeFaults } from '#test/support/helm/kubernetes-schemas';
import {
  chartFile,
  type Manifest,
  podOf,
  renderChart,
  renderTexts,
} from '#test/support/helm/render-chart';
import { SECRET_SETTINGS, VALUE_SETS } from '#test/support/helm/value-sets';

const SETS = Object.entries(VALUE_SETS);
const rendered = SETS.map(([name, values]) => [name, renderChart(values)] as const);
const all = rendered.flatMap(([, manifests]) => manifests);
const image = readDockerfile().at(-1);

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: unknown; readonly fieldRef?: unknown };
}

const pods = all.flatMap((manifest) => {
  const pod = podOf(manifest);
  return pod === undefined ? [] : [{ manifest, pod, container: pod.spec.containers[0] }];
});

describe('the chart, by values', () => {
  it.each(SETS)('%s, renders what it rendered before', async (name, values) => {
    const texts = [...renderTexts(values)].map(([file, text]) => `# ${file}\n${text.trim()}\n`);
    const golden = `../support/helm/golden/${name.replaceAll(' ', '-')}.txt`;
    await expect(texts.join('\n')).toMatchFileSnapshot(golden);
  });

  it.each(rendered)('%s, is what the schemas of Kubernetes ask for', (_name, manifests) => {
    expect(schemaFaults(manifests)).toEqual([]);
    for (const manifest of manifests.filter(({ kind }) => kind === 'Deployment')) {
      const { selector, ...spec } = manifest.spec;
      expect(selector).toBeDefined();
      expect(schemaFaults([{ ...manifest, spec }])).toHaveLength(1);
    }
  });

  it('has no member that Kubernetes does not know', async () => {
    expect(await typeFaults(all)).toEqual([]);
    const service = all.find(({ kind }) => kind === 'Service');
    const wrong = { ...service, spec: { ...service?.spec, clusterIp: 'None' } } as Manifest;
    expect((await typeFaults([wrong])).join('\n')).toContain('clusterIp');
  }, 120_000);

  it('has every kind that it promises when everything is on, and few by default', () => {
    const kindsOf = (name: string): readonly string[] =>
      [...new Set(renderChart(VALUE_SETS[name]).map(({ kind }) => kind))].toSorted();
    const few = [
      'Deployment',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ];
    expect(kindsOf('defaults')).toEqual(few);
    const more = ['CronJob', 'HorizontalPodAutoscaler', 'Job', 'PrometheusRule', 'ServiceMonitor'];
    expect(kindsOf('everything')).toEqual([...few, ...more].toSorted());
  });

  it('has the rules that Prometheus is given elsewhere', () => {
    const rules = ['recording.yml', 'alerts.yml'].map((name) => {
      const text = readFileSync(join(packageInfo().root, 'deploy/prometheus', name), 'utf8');
      return text.slice(text.indexOf('groups:\n') + 'groups:\n'.length);
    });
    expect(chartFile('files/alerts.yaml')).toBe(`groups:\n${rules.join('')}`);
  });
});

describe('every pod', () => {
  it('meets the restricted profile', () => {
    for (const { pod } of pods) {
      const { spec } = pod;
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: Number(saidBy(image, 'USER')[0]?.split(':')[0]),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect([spec.hostNetwork, spec.hostPID, spec.hostIPC, spec.initContainers]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      expect(spec.automountServiceAccountToken).toBe(false);
      for (const volume of spec.volumes)
        expect(Object.keys(volume).filter((key) => key !== 'name')).toEqual([
          expect.stringMatching(/^(emptyDir|secret)$/),
        ]);
      for (const { securityContext } of spec.containers)
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('has settings that the program knows and takes, each once', () => {
    const known = new Set<string>(Object.values(SETTINGS).map(({ env }) => env));
    for (const { container } of pods) {
      const env = container.env as readonly EnvEntry[];
      const names = env.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => !known.has(name) && !name.startsWith('AWS_'))).toEqual([]);
      expect(() => readConfig(standIns(env))).not.toThrow();
    }
  });

  it('has what is secret by reference alone', () => {
    const secret = new Set<string>(SECRET_SETTINGS);
    for (const { container } of pods)
      for (const { name, value, valueFrom } of container.env as readonly EnvEntry[])
        if (secret.has(name) || name.startsWith('AWS_')) {
          expect(value, name).toBeUndefined();
          expect(valueFrom?.secretKeyRef, name).toBeDefined();
        }
    expect(all.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('mounts each volume that it has, has each that it mounts, and finds the files that settings name', () => {
    for (const { manifest, pod, container } of pods) {
      const claims = (manifest.spec.volumeClaimTemplates ?? []) as { metadata: { name: string } }[];
      const names: string[] = [
        ...pod.spec.volumes.map(({ name }: { name: string }) => name),
        ...claims.map(({ metadata }) => metadata.name),
      ];
      const mounts = container.volumeMounts as { name: string; mountPath: string }[];
      expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(names));
      expect(mounts.length).toBe(names.length);
      const paths = (container.env as readonly EnvEntry[]).flatMap(({ value }) =>
        value?.startsWith('/etc/') === true ? [value] : [],
      );
      for (const path of paths)
        expect(
          mounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`)),
          path,
        ).toBe(true);
    }
  });

  it('runs the image by its own start command, with arguments that the program has', () => {
    const commands = new Set(pods.map(({ container }) => container.args.slice(0, 2).join(' ')));
    expect(commands).toEqual(new Set(['drill backup', 'provision', 'serve']));
    for (const { container } of pods) expect(container.command).toBeUndefined();
  });

  it('that serves is looked at where it answers, and given time to drain', () => {
    for (const { pod, container } of pods.filter(({ container: one }) => one.args[0] === 'serve')) {
      const config = readConfig(standIns(container.env));
      const port = container.ports[0].containerPort;
      expect(config.bind.port).toBe(port);
      const { startupProbe, livenessProbe, readinessProbe } = container;
      expect(livenessProbe.httpGet.path).toBe('/healthz');
      expect(startupProbe.httpGet.path).toBe('/healthz');
      expect(readinessProbe.httpGet.path).toBe('/readyz');
      expect(readinessProbe.httpGet.scheme).toBe(config.tlsCert === undefined ? 'HTTP' : 'HTTPS');
      // Readiness is seen to be gone twice over before requests are refused.
      const noticedMs = readinessProbe.periodSeconds * readinessProbe.failureThreshold * 1_000;
      expect(config.drainDelayMs).toBeGreaterThanOrEqual(2 * noticedMs);
      const endsMs = config.drainDelayMs + config.shutdownGraceMs;
      expect(pod.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(endsMs);
    }
  });
});

/** An environment with a fitting value in the place of each reference. */
function standIns(env: readonly EnvEntry[]): Readonly<Record<string, string>> {
  const values: Readonly<Record<string, string>> = {
    NATS_URL: 'nats://nats:4222',
    DATABASE_URL: 'postgres://a@b/c',
    REDIS_URL: 'redis://redis',
  };
  return Object.fromEntries(
    env.map(({ name, value }) => [name, value ?? values[name] ?? 'a-value-that-is-long-enough']),
  );
}

describe('what belongs together', () => {
  it.each(rendered)('is found by its labels: %s', (_name, manifests) => {
    const templates = manifests.flatMap((manifest) => podOf(manifest) ?? []);
    const fits = (labels: Readonly<Record<string, string>>): boolean =>
      templates.some(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels[key] === value),
      );
    for (const { kind, spec } of manifests) {
      if (kind === 'Service') expect(fits(spec.selector)).toBe(true);
      if (kind === 'PodDisruptionBudget') expect(fits(spec.selector.matchLabels)).toBe(true);
      if (kind === 'NetworkPolicy') expect(fits(spec.podSelector.matchLabels)).toBe(true);
      if (kind === 'Deployment' || kind === 'StatefulSet') {
        expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
        const spread = spec.template.spec.topologySpreadConstraints;
        for (const { labelSelector } of spread) expect(labelSelector).toEqual(spec.selector);
      }
    }
    // Each role has labels of its own: no service sends requests to another one.
    const selectors = manifests
      .filter(({ kind }) => kind === 'Service')
      .map(({ spec }) => JSON.stringify(spec.selector));
    expect(new Set(selectors).size).toBe(selectors.length);
  });

  it.each(rendered)('is found by its name: %s', (_name, manifests) => {
    const names = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    expect(names.size).toBe(manifests.length);
    for (const manifest of manifests) {
      const { kind, spec } = manifest;
      if (kind === 'HorizontalPodAutoscaler') {
        expect(names).toContain(`${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`);
        const target = manifests.find(
          ({ metadata, kind: one }) =>
            one === spec.scaleTargetRef.kind && metadata.name === spec.scaleTargetRef.name,
        );
        // Else an upgrade would undo what was scaled.
        expect(target?.spec.replicas).toBeUndefined();
        const metrics = spec.metrics.flatMap(
          (one: { pods?: { metric: { name: string } } }) => one.pods?.metric.name ?? [],
        );
        expect(metrics).toContain('atlas_projection_lag_events');
      }
      if (kind === 'StatefulSet') expect(names).toContain(`Service ${spec.serviceName}`);
      const account = podOf(manifest)?.spec.serviceAccountName;
      if (account !== undefined) expect(names).toContain(`ServiceAccount ${account}`);
    }
  });

  it('lets nothing in or out of its pods but what is named', () => {
    for (const [, manifests] of rendered) {
      const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
      const denies = policies.filter(
        ({ spec }) => spec.ingress === undefined && spec.egress === undefined,
      );
      expect(denies.map(({ spec }) => spec.policyTypes)).toEqual([['Ingress', 'Egress']]);
      for (const { spec } of policies)
        for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
          expect(rule.ports.length).toBeGreaterThan(0);
    }
  });
});
