import type { Context } from 'koa';
import type { Reply } from '#http/route';

/** Writes a reply to the connection. */
export function respond(context: Context, reply: Reply): void {
  const { status, headers, body } = reply;
  context.status = status;
  if (headers !== undefined) for (const name in headers) context.set(name, headers[name] ?? '');
  if (body === undefined) {
    // Setting null would turn the status into 204.
    context.response.body = status === 204 || status === 304 ? null : '';
    context.status = status;
    return;
  }
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || isStream(body);
  context.body = isRaw ? body : JSON.stringify(body);
  context.set('Content-Type', reply.contentType ?? 'application/json');
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}
