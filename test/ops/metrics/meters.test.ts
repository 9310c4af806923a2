import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Family, SERIES_MAX } from '#ops/metrics/family';
import { Meters } from '#ops/metrics/meters';
import { packageInfo } from '#ops/package-root';
import { withMetricsTable } from '#test/support/metrics-document';

function shown(family: Family): readonly string[] {
  return family
    .get()
    .values.map(
      ({ metricName = family.name, labels, value }) =>
        `${metricName} ${Object.values(labels).join(' ')} ${value}`,
    );
}

describe('a family of series', () => {
  it('counts into every bucket that is large enough, and sums', () => {
    const family = new Family('seconds', {
      type: 'histogram',
      help: '',
      labels: ['class'],
      buckets: [0.1, 1],
    });
    for (const value of [0.1, 0.1000001, 1, 7]) family.observe(value, ['read']);
    expect(shown(family)).toEqual([
      'seconds_bucket read 0.1 1',
      'seconds_bucket read 1 3',
      'seconds_bucket read +Inf 4',
      'seconds_sum read 8.2000001',
      'seconds_count read 4',
    ]);
  });

  it('has a bound, beyond which everything is one series', () => {
    const family = new Family('many', { type: 'counter', help: '', labels: ['a', 'b'] });
    for (let i = 0; i < SERIES_MAX * 3; i += 1) family.add(1, [`a${i}`, 'b']);
    expect(family.size).toBe(SERIES_MAX + 1);
    expect(shown(family).at(-1)).toBe(`many other other ${SERIES_MAX * 2}`);
  });

  it('adds what two sources give of one series', () => {
    const family = new Family('errors', { type: 'counter', help: '', labels: ['class'] });
    family.watch(() => [[2, 'network']]);
    family.watch(() => [
      [3, 'network'],
      [1, 'timeout'],
    ]);
    expect(shown(family)).toEqual(['errors network 5', 'errors timeout 1']);
  });

  it('tells values apart whose labels read the same when they are put together', () => {
    const family = new Family('pairs', { type: 'counter', help: '', labels: ['a', 'b'] });
    family.add(1, ['x', 'yz']);
    family.add(1, ['xy', 'z']);
    expect(family.size).toBe(2);
  });
});

describe('meters', () => {
  it('escape what labels hold', async () => {
    const meters = new Meters();
    meters.watch('atlas_source_up', () => [[1, 'a"b\\c\nd']]);
    const text = await meters.text();
    expect(text).toContain('atlas_source_up{source="a\\"b\\\\c\\nd"} 1');
  });

  it('are described in the documentation as they are', () => {
    const document = readFileSync(join(packageInfo().root, 'docs/metrics.md'), 'utf8');
    expect(withMetricsTable(document)).toBe(document);
  });
});
