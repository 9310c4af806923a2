import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { TestBucket } from '#test/support/s3/bucket';
import { element, escapeXml, S3Fault, xmlDocument } from '#test/support/s3/fault';
import { answer, type S3Reply } from '#test/support/s3/operations';
import { readPayload } from '#test/support/s3/read-payload';
import { type TestCredentials, verifySignature } from '#test/support/s3/signature';

/** What a test does to a request before the server sees it. */
export type Interference = (
  request: IncomingMessage,
  response: ServerResponse,
) => 'pass' | 'done' | 'ignore-conditions' | S3Fault;

/** A server of S3 in this process: as strict as the real one in what the registry relies on. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: TestCredentials;
  readonly bucketName: string;
  /** What is in it, for tests to look at and to change. */
  readonly bucket: TestBucket;
  /** Method and URL of every request, in order. */
  readonly requests: string[];
  /** Set by tests: takes requests over, answers them with faults, or ends them. */
  interfere: Interference;
  /** Connections that are open now. */
  connections(): Promise<number>;
}

/** Whose signatures it takes, and the name of its bucket. */
type ServedAccount = Pick<S3Server, 'credentials' | 'bucketName'>;

const CREDENTIALS = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'secret-of-the-tests' };
const BUCKET = 'atlas-test';

/** Starts a server with one empty bucket on a free port of the loopback. */
export async function startS3Server(
  account: ServedAccount = { credentials: CREDENTIALS, bucketName: BUCKET },
): Promise<S3Server> {
  const bucket = new TestBucket();
  const requests: string[] = [];
  const state: { interfere: Interference } = { interfere: () => 'pass' };
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const verdict = state.interfere(request, response);
    if (verdict === 'done') return;
    const work =
      verdict instanceof S3Fault
        ? Promise.reject(verdict)
        : handle({ ...account, bucket }, request, verdict === 'ignore-conditions');
    work.catch(faultReply).then(
      (reply) => send(response, request, reply),
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    ...account,
    bucket,
    requests,
    get interfere() {
      return state.interfere;
    },
    set interfere(interference: Interference) {
      state.interfere = interference;
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(
  { bucket, bucketName, credentials }: ServedAccount & Pick<S3Server, 'bucket'>,
  request: IncomingMessage,
  ignoreConditions: boolean,
): Promise<S3Reply> {
  const signed = verifySignature(request, credentials);
  const body = await readPayload(request, signed);
  // Not by URL(): it would resolve the dots in a key.
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const [, name = '', ...rest] = path.split('/');
  if (name !== bucketName) throw new S3Fault(404, 'NoSuchBucket');
  const { 'if-none-match': condition, ...others } = request.headers;
  return answer(bucket, {
    method: request.method ?? '',
    key: decodeURIComponent(rest.join('/')),
    query: new URLSearchParams(query),
    headers: ignoreConditions ? others : { ...others, 'if-none-match': condition },
    body,
  });
}

function faultReply(error: unknown): S3Reply {
  if (!(error instanceof S3Fault)) throw error;
  const content = element('Code', error.code) + element('Message', escapeXml(error.message));
  const headers = { 'Content-Type': 'application/xml' };
  return { status: error.status, headers, body: xmlDocument('Error', content) };
}

function send(response: ServerResponse, request: IncomingMessage, reply: S3Reply): void {
  // What was not read of a body that was refused would be taken for the next request.
  const close = request.complete ? {} : { Connection: 'close' };
  response.writeHead(reply.status, { ...reply.headers, ...close });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}
