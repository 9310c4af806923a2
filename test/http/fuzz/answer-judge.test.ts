import { describe, expect, it } from 'vitest';
import type { DescribedApi, FuzzOperation } from '#test/support/fuzz/described-api';
import { AnswerJudge, type FuzzAnswer } from '#test/support/fuzz/fuzz-answers';
import { curlLine, type FuzzRequest } from '#test/support/fuzz/fuzz-requests';

const PROBLEM = 'application/problem+json';
const operation: FuzzOperation = {
  method: 'POST',
  path: '/things',
  operationId: 'makeThing',
  parameters: [],
  body: undefined,
  responses: {
    201: {
      content: {
        'application/json': {
          schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        },
      },
    },
    400: { content: { [PROBLEM]: { schema: {} } } },
  },
};
const components = { schemas: { Problem: { type: 'object', required: ['status', 'code'] } } };
const api: DescribedApi = {
  document: { paths: {}, components },
  operations: [operation],
  at: (target) => (target.startsWith('/things') ? [operation] : []),
};

function request(rest: Partial<FuzzRequest> = {}): FuzzRequest {
  return {
    kind: 'right',
    operation,
    method: 'POST',
    target: '/things',
    headers: [],
    body: undefined,
    ...rest,
  };
}

function answer(status: number, json: unknown, type = 'application/json'): FuzzAnswer {
  const body = Buffer.from(JSON.stringify(json));
  return { status, headers: { 'content-type': type }, body, durationMs: 1 };
}

const problem = { status: 400, code: 'INVALID_REQUEST', outcome: 'not-applied' };

describe('AnswerJudge', () => {
  const judge = new AnswerJudge(api);
  const faultOf = (given: FuzzAnswer, rest: Partial<FuzzRequest> = {}) =>
    judge.faultOf(request(rest), given);

  it('lets pass what the document describes', () => {
    expect(faultOf(answer(201, { id: 'a' }))).toBeUndefined();
    expect(faultOf(answer(400, problem, PROBLEM))).toBeUndefined();
    expect(faultOf(answer(404, { ...problem, status: 404 }, PROBLEM), { target: '/x' })).toBe(
      undefined,
    );
    const tooLong = { ...problem, status: 414 };
    expect(faultOf(answer(414, tooLong, PROBLEM), { target: '/x' })).toBe(undefined);
  });

  it('takes no lines for a list of nothing, and nothing for no other body', () => {
    const lines = { 200: { content: { 'application/x-ndjson': { schema: {} } } } };
    const listing: FuzzOperation = { ...operation, method: 'GET', responses: lines };
    const of = (type: string) =>
      new AnswerJudge({ ...api, operations: [listing], at: () => [listing] }).faultOf(
        request({ method: 'GET' }),
        { ...answer(200, {}, type), body: Buffer.alloc(0) },
      );
    expect(of('application/x-ndjson')).toBeUndefined();
    expect(of('application/json')).toBe('200 has no body');
  });

  it.each<[string, FuzzAnswer, Partial<FuzzRequest>]>([
    ['a 500', answer(500, { ...problem, status: 500 }, PROBLEM), {}],
    ['a status that is not described', answer(200, { id: 'a' }), {}],
    ['a body that is not as described', answer(201, { id: 1 }), {}],
    ['a media type that is not described', answer(201, { id: 'a' }, 'text/plain'), {}],
    ['no body where one is described', { ...answer(201, {}), body: Buffer.alloc(0) }, {}],
    ['an error that is no problem', answer(400, problem), {}],
    ['a problem that is not as described', answer(400, { status: 400 }, PROBLEM), {}],
    ['a problem that says another status', answer(400, { ...problem, status: 404 }, PROBLEM), {}],
    ['a write that does not say its outcome', answer(400, { status: 400, code: 'X' }, PROBLEM), {}],
    ['a success where nothing is described', answer(200, {}), { target: '/other' }],
    ['an answer that took too long', { ...answer(201, { id: 'a' }), durationMs: 60_000 }, {}],
  ])('finds %s', (_what, given, rest) => {
    expect(faultOf(given, rest)).toEqual(expect.any(String));
  });
});

describe('curlLine()', () => {
  it('gives a line that a shell sends as it was, quotes and bytes too', () => {
    const body = Buffer.from([0, 255]);
    const headers = [['x', "it's"]] as const;
    expect(curlLine('http://h:1', request({ target: "/a'b", headers, body }))).toBe(
      `printf %s 'AP8=' | base64 -d | curl --path-as-is -i -m 10 -X POST -H 'x: it'\\''s' --data-binary @- 'http://h:1/a'\\''b'`,
    );
  });
});
