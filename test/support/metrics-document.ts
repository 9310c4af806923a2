import { METRICS, type MetricSpec } from '#ops/metrics/metric-list';

export const METRICS_BEGIN = '<!-- metrics:begin -->\n';
export const METRICS_END = '<!-- metrics:end -->';

/** Writes the list of metrics as a Markdown table. */
export function metricsTable(): string {
  const rows = Object.entries<MetricSpec>(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return [
    '| metric | type | labels | what it says |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Puts the table between its marks. @throws Error when the document has none */
export function withMetricsTable(document: string): string {
  const [before, rest] = document.split(METRICS_BEGIN);
  const after = rest?.split(METRICS_END)[1];
  if (before === undefined || after === undefined) throw new Error('The document has no marks');
  return `${before}${METRICS_BEGIN}${metricsTable()}${METRICS_END}${after}`;
}
