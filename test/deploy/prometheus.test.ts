import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '#ops/metrics/metric-list';
import { packageInfo } from '#ops/package-root';
import { type LoadedRule, startPrometheus, type TestPrometheus } from '#test/support/prometheus';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

const run = promisify(execFile);
const { root } = packageInfo();
const DEPLOY = join(root, 'deploy/prometheus');

interface Dashboard {
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** A panel may be empty where nothing has gone wrong, or where the node has no such part. */
const MAY_BE_EMPTY = new Set([
  'Postgres',
  'Errors of stores',
  'Sources that answer',
  'Open circuits',
]);

const dashboard = JSON.parse(
  readFileSync(join(root, 'deploy/grafana/atlas-registry.json'), 'utf8'),
) as Dashboard;

const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    query: expr.replaceAll('$__rate_interval', '1m').replaceAll(/"\$(job|instance)"/g, '".*"'),
  })),
);

function metricsOf(query: string): readonly string[] {
  const names = query.match(/\b(?:atlas|nodejs|process)_[a-z0-9_]+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

describe('rules for Prometheus', () => {
  it('are what promtool takes, and fire when they should', async () => {
    const files = ['recording.yml', 'alerts.yml'].map((name) => join(DEPLOY, name));
    await run('promtool', ['check', 'rules', ...files]);
    await run('promtool', ['check', 'config', join(DEPLOY, 'prometheus.yml')]);
    const { stdout } = await run('promtool', ['test', 'rules', join(DEPLOY, 'tests.yml')]);
    expect(stdout).toContain('SUCCESS');
  });
});

describe('a registry that Prometheus scrapes', () => {
  let registry: TestRegistry;
  let prometheus: TestPrometheus;
  let rules: readonly LoadedRule[];
  let text: string;

  beforeAll(async () => {
    registry = await startTestRegistry();
    const { url } = registry.registry;
    prometheus = await startPrometheus(new URL(url).host);
    const work = async (i: number): Promise<void> => {
      const body = JSON.stringify({ name: `one.c${i}`, jsonSchema: { type: 'object' } });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/registry/contracts`, { method: 'POST', body, headers });
      await fetch(`${url}/registry/contracts`);
      await fetch(`${url}/registry/contracts/there.is/v1`);
      await fetch(`${url}/v1/genes?dataset=there/is/none&gene_id=1`);
    };
    let done = 0;
    // A rate needs what has happened between two scrapes.
    await eventually(
      'three scrapes have been taken',
      async () => {
        await work((done += 1));
        return (await prometheus.count('count_over_time(up[1m]) > 3')) > 0;
      },
      60_000,
    );
    rules = await prometheus.rules();
    text = await (await fetch(`${url}/metrics`)).text();
  }, 120_000);

  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('shows every metric that rules and the dashboard ask for', () => {
    const shown = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = [...rules.map(({ query }) => query), ...queries.map(({ query }) => query)];
    const missing = new Set(asked.flatMap(metricsOf).filter((name) => !shown.has(name)));
    expect([...missing].filter((name) => !/postgres|redis|source|circuit/.test(name))).toEqual([]);
    expect([...missing].filter((name) => !(name in METRICS))).toEqual([]);
  });

  it('is taken by promtool without a complaint', async () => {
    const checking = run('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(text);
    const { stdout, stderr } = await checking;
    expect(`${stdout}${stderr}`).toBe('');
  });

  it.each(queries)('fills panel "$title": $query', async ({ title, query }) => {
    const count = await prometheus.count(query);
    if (!MAY_BE_EMPTY.has(title)) expect(count).toBeGreaterThan(0);
  });

  it('has rules whose expressions the server can evaluate', async () => {
    expect(rules.length).toBeGreaterThan(20);
    for (const { query } of rules) await prometheus.count(query);
  });

  it('names a runbook in every alert, and every runbook names its alerts', () => {
    const alerts = rules.filter(({ type }) => type === 'alerting');
    const wrong = alerts.filter(({ name, annotations }) => {
      const path = join(root, annotations?.['runbook'] ?? 'none');
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(`\`${name}\``);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
    const known = new Set(alerts.map(({ name }) => name));
    const named = readdirSync(join(root, 'docs/runbooks')).flatMap((file) =>
      [
        ...readFileSync(join(root, 'docs/runbooks', file), 'utf8').matchAll(/`(Atlas[A-Z]\w+)`/g),
      ].map(([, name]) => name),
    );
    expect(named.filter((name) => name === undefined || !known.has(name))).toEqual([]);
  });
});
