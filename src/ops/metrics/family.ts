import type { MetricSpec } from '#ops/metrics/metric-list';

/** One value as the text format shows it. */
export interface Shown {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** The name of the line, where it is not that of the metric. */
  readonly metricName?: string;
}

/** What a metric shows while it is scraped; the values of its labels stand in their order. */
export type Sample = readonly [value: number, ...labels: string[]];

/** The numbers of one series. Whoever counts often keeps it, and adds without looking it up. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly bounds: readonly number[];
  value: number;
  readonly buckets: number[];
  count: number;
}

/** Counts a value into a series of a histogram. */
export function observe(series: Series, value: number): void {
  const { bounds, buckets } = series;
  let at = 0;
  while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
  buckets[at] = (buckets[at] ?? 0) + 1;
  series.value += value;
  series.count += 1;
}

/** More than any metric has by itself. Beyond it every further series is one, called `other`. */
export const SERIES_MAX = 1_000;

const SEPARATOR = '\u0000';

/**
 * One metric and its series. Its increments cost one look-up: the library's own sort the labels and make a text of them every
 * time, which one request in thirty microseconds feels.
 */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricSpec['type'];
  readonly aggregator = 'sum';
  readonly #spec: MetricSpec;
  readonly #series = new Map<string, Series>();
  readonly #sources: (() => readonly Sample[])[] = [];

  constructor(name: string, spec: MetricSpec) {
    this.name = name;
    this.help = spec.help;
    this.type = spec.type;
    this.#spec = spec;
  }

  /** Adds to a counter. */
  add(by: number, labels: readonly string[]): void {
    this.series(labels).value += by;
  }

  /** Counts a value into a histogram. */
  observe(value: number, labels: readonly string[]): void {
    observe(this.series(labels), value);
  }

  /** Shows what a function gives when it is scraped. What it no longer gives is no longer there. */
  watch(read: () => readonly Sample[]): void {
    this.#sources.push(read);
  }

  /** How many series there are. */
  get size(): number {
    return this.#series.size;
  }

  /** What the library asks for when it writes the text. */
  get(): {
    readonly name: string;
    readonly help: string;
    readonly type: MetricSpec['type'];
    readonly values: readonly Shown[];
    readonly aggregator: 'sum';
  } {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: [...this.#kept(), ...this.#watched()] };
  }

  *#kept(): Generator<Shown> {
    for (const { labels, bounds, value, buckets, count } of this.#series.values()) {
      if (this.type !== 'histogram') {
        yield { labels, value };
        continue;
      }
      let sum = 0;
      for (const [at, le] of [...bounds, '+Inf'].entries()) {
        sum += buckets[at] ?? 0;
        yield { labels: { ...labels, le }, value: sum, metricName: `${this.name}_bucket` };
      }
      yield { labels, value, metricName: `${this.name}_sum` };
      yield { labels, value: count, metricName: `${this.name}_count` };
    }
  }

  /** What two sources give of one series is added: a line may stand in the text once. */
  *#watched(): Generator<Shown> {
    const sums = new Map<string, { readonly labels: readonly string[]; value: number }>();
    for (const read of this.#sources)
      for (const [value, ...labels] of read()) {
        const key = labels.join(SEPARATOR);
        const known = sums.get(key);
        if (known === undefined) sums.set(key, { labels, value });
        else known.value += value;
      }
    for (const { labels, value } of sums.values()) yield { labels: this.#named(labels), value };
  }

  /** Gives the series with these values of its labels. It stays the same for as long as the process lives. */
  series(labels: readonly string[]): Series {
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join(SEPARATOR);
    return this.#series.get(key) ?? this.#make(key, labels);
  }

  #make(key: string, labels: readonly string[]): Series {
    if (this.#series.size >= SERIES_MAX) {
      const others = labels.map(() => 'other');
      const known = this.#series.get(others.join(SEPARATOR));
      if (known !== undefined) return known;
      return this.#keep(others.join(SEPARATOR), others);
    }
    return this.#keep(key, labels);
  }

  #keep(key: string, labels: readonly string[]): Series {
    const bounds = this.#spec.buckets ?? [];
    const series: Series = {
      labels: this.#named(labels),
      bounds,
      value: 0,
      buckets: Array.from({ length: bounds.length + 1 }, () => 0),
      count: 0,
    };
    this.#series.set(key, series);
    return series;
  }

  #named(values: readonly string[]): Record<string, string> {
    return Object.fromEntries(this.#spec.labels.map((label, at) => [label, values[at] ?? '']));
  }
}
