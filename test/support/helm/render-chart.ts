import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { packageInfo } from '#ops/package-root';
import { type Block, parseTemplate } from '#test/support/helm/parse-template';
import { runTemplate } from '#test/support/helm/run-template';

export const CHART_FOLDER = join(packageInfo().root, 'deploy/helm/atlas-registry');

/** A manifest, as far as all have the same members. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has another one, and tests look at what is there
  readonly spec: any;
}

type Values = Readonly<Record<string, unknown>>;

/** Reads a file of the chart. */
export function chartFile(path: string): string {
  return readFileSync(join(CHART_FOLDER, path), 'utf8');
}

/** What is wrong with values, by the schema of the chart. */
export function valueFaults(values: Values): readonly string[] {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  });
  const validate = ajv.compile(JSON.parse(chartFile('values.schema.json')) as object);
  validate(merged(parse(chartFile('values.yaml')) as Values, values));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What rendering gives: the text of every template by its file. */
export function renderTexts(values: Values): ReadonlyMap<string, string> {
  const faults = valueFaults(values);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const chart = parse(chartFile('Chart.yaml')) as Record<string, string>;
  const dot = {
    Values: merged(parse(chartFile('values.yaml')) as Values, values),
    Chart: { Name: chart['name'], Version: chart['version'], AppVersion: chart['appVersion'] },
    Release: { Name: 'atlas', Namespace: 'registry', Service: 'Helm' },
    Files: { Get: '' },
  };
  const names = readdirSync(join(CHART_FOLDER, 'templates')).toSorted();
  const parsed = names.map(
    (name) => [name, parseTemplate(chartFile(`templates/${name}`))] as const,
  );
  const defined = new Map<string, Block>();
  for (const [, block] of parsed)
    for (const node of block) if (node.kind === 'define') defined.set(node.name, node.body);
  // A file that is not there is empty, as it is for Helm.
  const files = (path: string): string =>
    existsSync(join(CHART_FOLDER, path)) ? chartFile(path) : '';
  const rendered = parsed
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, block]) => [name, runTemplate(block, dot, { defined, files })] as const);
  return new Map(rendered);
}

/** Renders the chart as `helm template` does. @throws Error where values or templates are wrong */
export function renderChart(values: Values = {}): readonly Manifest[] {
  return [...renderTexts(values)]
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([name, text]) => manifestsIn(name, text));
}

function manifestsIn(name: string, text: string): readonly Manifest[] {
  // As Kubernetes reads them: YAML 1.1, where `on` and `0440` are something else, and no key twice.
  const documents = parseAllDocuments(text, { version: '1.1', uniqueKeys: true });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${name}: ${error.message}`, { cause: error });
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Manifest];
  });
}

/** Merges values as Helm does: maps by their keys, all else as a whole; null removes. */
function merged(base: Values, over: Values): Values {
  const entries = Object.entries(over).map(([key, value]) => {
    const below = base[key];
    return [key, isMap(value) && isMap(below) ? merged(below, value) : value] as const;
  });
  const all = Object.entries({ ...base, ...Object.fromEntries(entries) });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Gives the template of the pods of a workload; `undefined` for other kinds. */
export function podOf({ kind, spec }: Manifest) {
  if (kind === 'CronJob') return spec.jobTemplate.spec.template;
  return ['Deployment', 'StatefulSet', 'Job'].includes(kind) ? spec.template : undefined;
}
