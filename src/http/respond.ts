import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Reply } from '#http/route';

/** Writes a reply to the connection. */
export function respond(context: Context, reply: Reply): void {
  const { status, headers, body } = reply;
  context.status = status;
  if (body === undefined) {
    // Setting null would turn the status into 204.
    context.response.body = status === 204 || status === 304 ? null : '';
    context.status = status;
    setHeaders(context, headers);
    return;
  }
  // Its client sees a broken connection: what was promised cannot be taken back.
  if (body instanceof Readable) body.once('error', () => context.res.destroy());
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || isStream(body);
  context.body = isRaw ? body : JSON.stringify(body);
  // After the body, whose setter guesses some of them.
  setHeaders(context, headers);
  context.set('Content-Type', reply.contentType ?? 'application/json');
}

function setHeaders(context: Context, headers: Reply['headers'] = {}): void {
  for (const name in headers) context.set(name, headers[name] ?? '');
}

/** Tells whether a body comes piece by piece. */
export function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}
