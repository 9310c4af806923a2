import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STATE_MACHINES } from '#domain/state-machines';
import { stateMachinesDocument } from '#test/support/state-machines-document';

describe('the state machines', () => {
  it('are drawn in the documentation as the tables have them', () => {
    const path = join(import.meta.dirname, '../../docs/state-machines.md');
    expect(readFileSync(path, 'utf8')).toBe(stateMachinesDocument());
  });

  it.each(STATE_MACHINES)('lead from where they begin to every state of $name', (machine) => {
    const { initial, steps } = machine;
    const reached = new Set(initial);
    // Grows while it is walked.
    for (const state of reached) for (const next of steps[state] ?? []) reached.add(next);
    expect([...reached].toSorted()).toEqual(Object.keys(steps).toSorted());
  });

  it.each(STATE_MACHINES)('have an end that every state of $name can come to', ({ steps }) => {
    const ends = Object.keys(steps).filter((state) => steps[state]?.length === 0);
    expect(ends.length).toBeGreaterThan(0);
    for (const state of Object.keys(steps)) {
      const reached = new Set([state]);
      for (const one of reached) for (const next of steps[one] ?? []) reached.add(next);
      expect(ends.some((end) => reached.has(end))).toBe(true);
    }
  });
});
