import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOGGED_CLASSES, type LogShares } from '#ops/config/log-settings';
import { createLogger } from '#ops/logger';
import { type LoggedRequest, RequestLog } from '#ops/request-log';

const CLASSES = LOGGED_CLASSES;

function allOf(share: number): LogShares {
  return Object.fromEntries(CLASSES.map((name) => [name, share])) as unknown as LogShares;
}

const NOTHING = allOf(0);
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJl';
const KEY = 'atlas_0190b2f2-7c1e-7000-8000-000000000001_hunter2hunter2';

interface Collected {
  readonly log: RequestLog<LoggedRequest>;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly text: () => string;
}

function collected(shares = allOf(1), random?: () => number) {
  const written: string[] = [];
  const logger = createLogger('info', { write: (line) => void written.push(line) });
  const write = (line: object): void => logger.info(line, 'request');
  const options = { shares, slowMs: 1_000, write };
  const log = new RequestLog<LoggedRequest>(
    random === undefined ? options : { ...options, random },
  );
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, text: () => written.join('') } satisfies Collected;
}

const cheap: LoggedRequest = { class: 'read', path: '/catalog', status: 200, durationMs: 1 };

describe('RequestLog', () => {
  it('writes every request that was refused or failed, was slow or is traced, however little its class is worth', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CLASSES),
        fc.integer({ min: 100, max: 599 }),
        fc.double({ min: 0, max: 10_000, noNaN: true }),
        fc.boolean(),
        (kind, status, durationMs, isTraced) => {
          const { log, lines } = collected(NOTHING);
          const trace = isTraced ? { traceId: 'ab'.repeat(16) } : {};
          log.note({ ...cheap, class: kind, status, durationMs, ...trace });
          const isKept = status >= 400 || durationMs >= 1_000 || isTraced;
          expect(lines().length).toBe(isKept ? 1 : 0);
          if (isKept) expect(lines()[0]).not.toHaveProperty('share');
        },
      ),
    );
  });

  it('writes of each class the share that is set, and says on each line how many it stands for', () => {
    let at = 0;
    // Every hundredth part once.
    const random = () => (at++ % 100) / 100;
    const shares = { ...NOTHING, read: 0.25, check: 0.5, command: 1 };
    const { log, lines } = collected(shares, random);
    for (const kind of CLASSES)
      for (let i = 0; i < 1_000; i += 1) log.note({ ...cheap, class: kind });
    const of = (kind: string) => lines().filter((line) => line['class'] === kind);
    expect(CLASSES.map((kind) => of(kind).length)).toEqual([0, 250, 0, 0, 500, 1_000, 0]);
    expect(of('read')[0]).toMatchObject({ share: 0.25 });
    expect(of('command')[0]).not.toHaveProperty('share');
  });

  it.each([
    ['a token', `/registry/datasets/${JWT}`],
    ['the beginning of a token', `/registry/${JWT.split('.')[0]}`],
    ['a key', `/registry/contracts/${KEY}/v1`],
    ['what follows "Bearer"', '/x/Bearer%20hunter2-hunter2/y'],
    ['a password of a URL', 'http://eve:hunter2@host/registry'],
    ['a password of a URL without its scheme', '//eve:hunter2@host/registry'],
    ['a query', '/registry/datasets?token=hunter2'],
    ['a fragment', '/registry/datasets#hunter2'],
    ['a query behind much else', `/${'x'.repeat(600)}?hunter2`],
  ])('never writes %s in a path', (_what, path) => {
    const { log, lines, text } = collected();
    log.note({ ...cheap, path, actor: path.slice(0, path.search(/[?#]|$/)) });
    expect(lines()).toHaveLength(1);
    expect(text()).not.toMatch(/hunter2|aHVudGVyMg|eyJ|atlas_/);
  });

  it('writes one short line for whatever a path and an actor hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (hostile) => {
        const { log, lines, text } = collected();
        log.note({ ...cheap, path: `/${hostile}`, actor: hostile });
        expect(lines()).toHaveLength(1);
        expect(text().trimEnd()).not.toMatch(/[\r\n]/);
        expect(String(lines()[0]?.['path']).length).toBeLessThanOrEqual(1_300);
      }),
    );
  });

  it('takes no longer for a path that is made to take long', () => {
    const { log } = collected();
    const began = performance.now();
    for (const sign of [':', '@', 'eyJ', 'bearer ', ':a@', 'atlas_'])
      for (let i = 0; i < 100; i += 1) log.note({ ...cheap, path: `/${sign.repeat(8_000)}` });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
