import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { Family, type Sample } from '#ops/metrics/family';
import { METRICS, type MetricName } from '#ops/metrics/metric-list';

/** The media type of the text that `Meters.text` gives. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

// They are no counters, as their names say. The same is there by kind, under a better one.
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

let ofProcess: Registry | undefined;

/** What Node.js tells of a process is there once, however many registries run in it. */
function processMetrics(): Registry {
  if (ofProcess !== undefined) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name);
  return ofProcess;
}

/** Every metric of one registry. Parts count into it, or give a function that is called when it is scraped. */
export class Meters {
  readonly #families = new Map<MetricName, Family>();
  readonly #before: (() => Promise<void>)[] = [];

  /** Adds to a counter; the values of the labels stand in the order of the list of metrics. */
  add(name: MetricName, by: number, ...labels: string[]): void {
    this.family(name).add(by, labels);
  }

  /** Counts a value into a histogram. */
  observe(name: MetricName, value: number, ...labels: string[]): void {
    this.family(name).observe(value, labels);
  }

  /** Shows what a function gives when it is scraped: a number, or one for each of some labels. */
  watch(name: MetricName, read: () => number | boolean | readonly Sample[]): void {
    this.family(name).watch(() => {
      const value = read();
      return typeof value === 'object' ? value : [[Number(value)]];
    });
  }

  /** Does something before every scrape, such as asking another process. It must end in time and not throw. */
  beforeScrape(work: () => Promise<void>): void {
    this.#before.push(work);
  }

  /** One metric, for who counts often. */
  family(name: MetricName): Family {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const made = new Family(name, METRICS[name]);
    this.#families.set(name, made);
    return made;
  }

  /** Every metric in the text format of Prometheus, those of the process behind those of the registry. */
  async text(): Promise<string> {
    await Promise.all(this.#before.map(async (work) => work()));
    const own = new Registry();
    for (const [name] of Object.entries(METRICS)) {
      const family = this.#families.get(name as MetricName);
      // It gives what the library asks of a metric when it writes; nothing else is asked of one.
      if (family !== undefined) own.registerMetric(family as unknown as Metric);
    }
    return `${await own.metrics()}\n${await processMetrics().metrics()}`;
  }
}
