import pg from 'pg';
import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { createLogger } from '#ops/logger';
import { StoreError } from '#stores/store-error';

const SECRET = 'MARKED-hunter2';
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Collects what a logger writes. */
function collected(level = 'debug') {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(line) });
  return { logger, lines, text: () => lines.join('') };
}

/** Gives errors as drivers throw them: with a secret in every place that they have. */
function leakyErrors(): readonly Error[] {
  const plain = new Error(`cannot reach postgres://u:${SECRET}@h/d`);
  const members = Object.assign(new Error('failed'), {
    config: { headers: { Authorization: `Bearer ${SECRET}` } },
    headers: { cookie: SECRET },
    url: `https://u:${SECRET}@h/?token=${SECRET}`,
    input: SECRET,
    code: `E ${SECRET}`,
    options: { password: SECRET },
  });
  const database = new pg.DatabaseError(`invalid input syntax: "${SECRET}"`, 1, 'error');
  database.detail = `Key (token)=(${SECRET}) exists`;
  database.where = SECRET;
  database.code = '22P02';
  const response = new errors.ResponseError(SECRET, 401, { headers: { a: SECRET }, body: SECRET });
  const lines = new Error(`first\n    at ${SECRET}\n    at other (${SECRET})`);
  const renamed = Object.assign(new Error(SECRET), { name: SECRET.replace('-', '_ ') });
  return [
    plain,
    members,
    database,
    response,
    lines,
    renamed,
    new TypeError(`Invalid URL ${SECRET}`, { cause: { input: SECRET } }),
    new SyntaxError(`Unexpected token in "${SECRET}"`),
    new AggregateError([plain, members], SECRET),
    new RegistryError('VIEW_UNAVAILABLE', 'Cannot reach it', { cause: members }),
    new StoreError(
      'network',
      { backend: 'http_s3', source: 'own' },
      {
        verb: 'read',
        is: 'it broke',
        cause: new Error(SECRET, { cause: plain }),
      },
    ),
  ];
}

describe('createLogger()', () => {
  it('writes one line of JSON for what it is told, whatever stands in it', () => {
    const hostile = 'a\r\n{"level":"fatal","msg":"made up"}\n\u0000\u001b[2J\u2028"\\';
    const { logger, lines } = collected();
    logger.info({ path: hostile, [hostile]: 1 }, hostile);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\p{Cc}]*\n$/u);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ path: hostile, [hostile]: 1, msg: hostile });
  });

  it('writes nothing that an error carries but its class, code and place, at any level, in any member', () => {
    const { logger, text, lines } = collected();
    for (const error of leakyErrors()) {
      for (const level of LEVELS) {
        logger[level]({ err: error }, 'it failed');
        logger[level]({ error, other: error }, 'it failed');
        logger[level]({ err: error });
        logger[level](error);
        logger.child({ part: 'x' })[level]({ err: error, requestId: 'r' }, 'it failed');
      }
    }
    expect(lines.length).toBe(leakyErrors().length * LEVELS.length * 5);
    expect(text()).not.toContain('hunter2');
  });

  it('writes the messages of errors that are written here and of calls of the system, causes too', () => {
    const { logger, lines } = collected();
    const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      errno: -111,
    });
    const error = new RegistryError('LOG_UNAVAILABLE', 'Cannot append: nobody answers', {
      cause: system,
    });
    logger.error({ err: error, requestId: 'r1' }, 'unexpected error');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      msg: 'unexpected error',
      requestId: 'r1',
      err: {
        type: 'RegistryError',
        code: 'LOG_UNAVAILABLE',
        message: 'Cannot append: nobody answers',
        stack: expect.stringMatching(/logger\.test\.ts:\d+:\d+/),
        cause: { type: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
      },
    });
  });

  it('ends with errors that cause themselves', () => {
    const { logger, lines } = collected();
    const error = new Error('round');
    error.cause = error;
    logger.error({ err: error }, 'it failed');
    expect((lines[0] ?? '').length).toBeLessThan(20_000);
  });
});
