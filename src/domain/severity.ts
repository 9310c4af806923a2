/** Lists how grave a finding of a run can be, from weak to strong. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Counts the findings of a run by their severity; what is absent is none. */
export type Findings = Readonly<Partial<Record<Severity, number>>>;

/** Counts the findings from a severity on. */
export function findingsFrom(findings: Findings, threshold: Severity): number {
  return SEVERITIES.slice(SEVERITIES.indexOf(threshold)).reduce(
    (sum, severity) => sum + (findings[severity] ?? 0),
    0,
  );
}
