import { describe, expect, it } from 'vitest';
import { freePorts } from '#flow/free-ports';
import { METRICS } from '#ops/metrics/metric-list';
import { goodToken, startGuardedRegistry } from '#test/support/guarded-registry';
import { HOSTILE_NAMES } from '#test/support/hostile-names';
import { startTestRegistry } from '#test/support/registry';

function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? Number.NaN);
}

async function metricsOf(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  return await response.text();
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('metrics over HTTP', () => {
  it('move with what the node does: requests, commands, appends, positions', async () => {
    await using started = await startTestRegistry();
    const { url } = started.registry;
    const body = JSON.stringify({ name: 'shop.order', jsonSchema: { type: 'object' } });
    const post = { method: 'POST', headers: { ...JSON_TYPE, 'idempotency-key': 'once' }, body };
    for (const status of [201, 201]) {
      const answer = await fetch(`${url}/registry/contracts`, post);
      expect(answer.status).toBe(status);
    }
    await fetch(`${url}/registry/contracts/none.such/v1`);
    const text = await metricsOf(url);
    const made = 'route="/registry/contracts",method="post",class="command",status="201"';
    expect(valueOf(text, `atlas_http_requests_total{${made}}`)).toBe(2);
    expect(valueOf(text, 'atlas_http_refusals_total{code="NOT_FOUND",class="read"}')).toBe(1);
    expect(valueOf(text, 'atlas_commands_total{kind="contract",outcome="appended"}')).toBe(1);
    expect(valueOf(text, 'atlas_commands_total{kind="contract",outcome="replayed"}')).toBe(1);
    const append = 'stream="REGISTRY",outcome="appended"';
    expect(valueOf(text, `atlas_append_duration_seconds_count{${append}}`)).toBe(1);
    expect(valueOf(text, 'atlas_log_position{stream="REGISTRY"}')).toBe(1);
    const catalog = 'projection="catalog"';
    expect(valueOf(text, `atlas_projection_position{${catalog},stream="REGISTRY"}`)).toBe(1);
    expect(valueOf(text, `atlas_projection_lag_events{${catalog}}`)).toBe(0);
    expect(valueOf(text, 'atlas_nats_connected')).toBe(1);
    expect(valueOf(text, 'atlas_ready')).toBe(1);
  });

  it('count who follows events, and forget who has gone', async () => {
    await using started = await startTestRegistry();
    const { url } = started.registry;
    const gone = new AbortController();
    await fetch(`${url}/registry/events`, { signal: gone.signal });
    await fetch(`${url}/registry/events`, { signal: gone.signal });
    await expect.poll(async () => valueOf(await metricsOf(url), 'atlas_event_subscribers')).toBe(2);
    gone.abort();
    await expect.poll(async () => valueOf(await metricsOf(url), 'atlas_event_subscribers')).toBe(0);
  });

  it('have a bounded number of series, and nothing of a client in them, whatever is asked for', async () => {
    await using started = await startTestRegistry({ ATLAS_CLIENT_LIMITS: 'off' });
    const { url } = started.registry;
    const ask = async (name: string): Promise<void> => {
      const path = encodeURIComponent(Buffer.from(name).toString());
      const tenant = { 'atlas-tenant': name.replaceAll(/[^\u0021-\u007e]/g, 'x') };
      const body = JSON.stringify({ name, jsonSchema: { type: 'object' } });
      await Promise.all([
        fetch(`${url}/${path}`),
        fetch(`${url}/registry/datasets/${path}`, { headers: tenant }),
        fetch(`${url}/registry/contracts/${path}/v1`),
        fetch(`${url}/v1/genes?dataset=${path}&gene_id=${path}`),
        fetch(`${url}/tenants/${path}/environments/${path}/registry/contracts`),
        fetch(`${url}/registry/contracts`, { method: 'POST', headers: JSON_TYPE, body }),
      ]).then((answers) => Promise.all(answers.map(async (answer) => answer.arrayBuffer())));
    };
    const names = [
      ...HOSTILE_NAMES,
      ...Array.from({ length: 200 }, (_, i) => `zebra-${i}`),
      ...Array.from({ length: 200 }, (_, i) => `zebra.n${i}`),
    ];
    await ask('zebra-first');
    const linesOf = (text: string): number =>
      text.split('\n').filter((l) => l.startsWith('atlas_')).length;
    for (const name of names.slice(0, 100)) await ask(name);
    const before = linesOf(await metricsOf(url));
    for (const name of names.slice(100)) await ask(name);
    const text = await metricsOf(url);
    expect(text).not.toContain('zebra');
    // What was asked for in the second half were more names and no more kinds of answers.
    expect(linesOf(text)).toBeLessThan(before + 100);
    expect(linesOf(text)).toBeLessThan(1_500);
    const names_ = new Set(
      [...text.matchAll(/^# TYPE (atlas_\S+)/gm)].map(([, name]) => name ?? ''),
    );
    expect([...names_].filter((name) => !(name in METRICS))).toEqual([]);
  });

  it('are nowhere on the port of everything else where tokens are asked for', async () => {
    const [port = 0] = await freePorts(1);
    await using guarded = await startGuardedRegistry({ ATLAS_METRICS_ADDR: `127.0.0.1:${port}` });
    const headers = { authorization: `Bearer ${await goodToken()}` };
    expect((await fetch(`${guarded.url}/metrics`, { headers })).status).toBe(404);
    const own = `http://127.0.0.1:${port}`;
    expect(valueOf(await metricsOf(own), 'atlas_ready')).toBe(1);
    expect((await fetch(`${own}/registry/contracts`)).status).toBe(404);
    await using without = await startGuardedRegistry();
    expect((await fetch(`${without.url}/metrics`, { headers })).status).toBe(404);
  });

  it('are nowhere where they are turned off', async () => {
    await using started = await startTestRegistry({ ATLAS_METRICS: 'false' });
    expect((await fetch(`${started.registry.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${started.registry.url}/readyz`)).status).toBe(200);
  });
});
