import { describe, expect, it } from 'vitest';
import {
  illegalRunStep,
  isOutcome,
  JOB_OUTCOMES,
  JOB_RUN_STEPS,
  JOB_STATUSES,
} from '#domain/job-run-step';
import { findingsFrom, SEVERITIES } from '#domain/severity';

describe('the steps of a run', () => {
  it('end in every outcome and lead out of none', () => {
    for (const status of JOB_STATUSES) {
      expect(isOutcome(status)).toBe((JOB_OUTCOMES as readonly string[]).includes(status));
      expect(JOB_RUN_STEPS[status]).not.toContain('pending');
    }
    const reachable = new Set([...JOB_RUN_STEPS.pending, ...JOB_RUN_STEPS.running]);
    expect([...reachable].toSorted()).toEqual(['running', ...JOB_OUTCOMES].toSorted());
  });

  it('that are illegal are told with the legal ones', () => {
    const error = illegalRunStep('r', 'running', 'skipped');
    expect(error.message).toBe(
      'Cannot make job run "r" "skipped": it is "running" (want succeeded or failed or cancelled)',
    );
    expect(error.details['legal']).toEqual(['succeeded', 'failed', 'cancelled']);
    expect(illegalRunStep('r', 'failed', 'running').message).toMatch(/want no step: it has ended/);
  });
});

describe('findingsFrom()', () => {
  it('counts from a severity on', () => {
    const findings = { info: 1, warning: 10, error: 100, critical: 1_000 };
    expect(SEVERITIES.map((severity) => findingsFrom(findings, severity))).toEqual([
      1_111, 1_110, 1_100, 1_000,
    ]);
    expect(findingsFrom({}, 'info')).toBe(0);
    expect(findingsFrom({ warning: 2 }, 'error')).toBe(0);
  });
});
