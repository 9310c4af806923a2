import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageInfo } from '#ops/package-root';
import { CHART_FOLDER, chartFile, renderChart, valueFaults } from '#test/support/helm/render-chart';
import { SECRET_SETTINGS } from '#test/support/helm/value-sets';

describe('values', () => {
  it.each([
    ['a setting that there is no such name for', { env: { atlas_role: 'x' } }, '/env'],
    ['a password in plain text', { env: { DATABASE_URL: 'postgres://a:b@c/d' } }, '/env'],
    [
      'a key of S3 in plain text',
      { writer: { env: { AWS_SECRET_ACCESS_KEY: 'x' } } },
      '/writer/env',
    ],
    ['a setting that the chart makes itself', { env: { ATLAS_ROLE: 'all' } }, '/env'],
    [
      'a setting that is no text',
      { env: { ATLAS_MAX_DISK_BYTES: 8_589_934_592 } },
      '/env/ATLAS_MAX',
    ],
    ['no NATS', { secretEnv: { NATS_URL: null } }, '/secretEnv'],
    ['an even number of copies', { streamReplicas: 2 }, '/streamReplicas'],
    ['no time to drain', { drain: { seconds: 0 } }, '/drain/seconds'],
    ['no replica', { writer: { replicas: 0 } }, '/writer/replicas'],
    ['a misspelt value', { reader: { replica: 3 } }, '/reader'],
    ['backups without a place', { backup: { enabled: true } }, '/backup'],
    ['a secret without a key', { secretEnv: { REDIS_URL: { name: 'x' } } }, '/secretEnv/REDIS_URL'],
    [
      'a port that is none',
      { networkPolicy: { egress: [{ ports: [0], to: [] }] } },
      '/networkPolicy',
    ],
  ])('are refused: %s', (_name, values, place) => {
    expect(valueFaults(values).some((fault) => fault.startsWith(place))).toBe(true);
    expect(() => renderChart(values)).toThrow();
  });

  it('refuse every setting that may hold a secret in plain text, whatever is added to the settings', () => {
    expect(SECRET_SETTINGS).toContain('DATABASE_URL');
    for (const name of SECRET_SETTINGS)
      expect(valueFaults({ env: { [name]: 'x' } }), name).not.toEqual([]);
  });

  it('are all used, and the version is that of the program', () => {
    const names = readdirSync(join(CHART_FOLDER, 'templates'));
    const text = names.map((name) => chartFile(`templates/${name}`)).join('\n');
    expect(chartFile('Chart.yaml')).toContain(`appVersion: "${packageInfo().version}"`);
    for (const [, key = ''] of chartFile('values.yaml').matchAll(/^ *(\w+):/gm))
      if (!/^(requests|limits|matchLabels|enabled)$|^[A-Z]/.test(key))
        expect(text, key).toMatch(new RegExp(`\\b${key}\\b|resources`));
  });
});
