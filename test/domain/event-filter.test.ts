import { describe, expect, it } from 'vitest';
import type { Json } from '#domain/canonical-json';
import { isTriggeredBy } from '#domain/event-filter';
import type { EventFilter, JobTrigger } from '#domain/job-trigger';

function trigger(filter: Partial<EventFilter> = {}): JobTrigger {
  return { type: 'EXTERNAL_EVENT', source: 'db', filter: { where: [], ...filter } };
}

function event(rest: { subject?: string; data?: Json; type?: string; source?: string } = {}) {
  return { source: 'db', id: '1', type: 'loaded', data: {}, ...rest };
}

describe('isTriggeredBy()', () => {
  it('wants the source, and nothing else where the filter says nothing', () => {
    expect(isTriggeredBy(trigger(), event())).toBe(true);
    expect(isTriggeredBy(trigger(), event({ source: 'other' }))).toBe(false);
    expect(isTriggeredBy({ type: 'MANUAL' }, event())).toBe(false);
  });

  it('wants the type and the beginning of the subject where the filter names them', () => {
    expect(isTriggeredBy(trigger({ eventType: 'loaded' }), event())).toBe(true);
    expect(isTriggeredBy(trigger({ eventType: 'dropped' }), event())).toBe(false);
    const prefix = trigger({ subjectPrefix: 'public.' });
    expect(isTriggeredBy(prefix, event({ subject: 'public.orders' }))).toBe(true);
    expect(isTriggeredBy(prefix, event({ subject: 'private.orders' }))).toBe(false);
    expect(isTriggeredBy(prefix, event())).toBe(false);
  });

  it.each<[string, Json, Json, boolean]>([
    ['/a', { a: 1 }, 1, true],
    ['/a', { a: '1' }, 1, false],
    ['/a/0/b', { a: [{ b: null }] }, null, true],
    ['/a/1', { a: [1] }, 1, false],
    ['/a/00', { a: [1] }, 1, false],
    ['/a/length', { a: [1] }, 1, false],
    ['/a~1b/c~0d', { 'a/b': { 'c~d': true } }, true, true],
    ['', 'whole', 'whole', true],
    ['/a/b', { a: 5 }, 5, false],
    ['/__proto__/x', {}, null, false],
    ['/constructor', {}, null, false],
    ['/missing', {}, null, false],
  ])('%s of %j against %j: %s', (path, data, equals, wanted) => {
    const where = [{ path, equals: equals as string | number | boolean | null }];
    expect(isTriggeredBy(trigger({ where }), event({ data }))).toBe(wanted);
  });

  it('wants every condition', () => {
    const where = [
      { path: '/a', equals: 1 },
      { path: '/b', equals: 2 },
    ];
    expect(isTriggeredBy(trigger({ where }), event({ data: { a: 1, b: 2 } }))).toBe(true);
    expect(isTriggeredBy(trigger({ where }), event({ data: { a: 1, b: 3 } }))).toBe(false);
  });
});
