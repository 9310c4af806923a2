import type { Context, Middleware } from 'koa';
import type { RequestTrace, Tracer } from '#flow/tracer';
import type { RequestLabel } from '#http/request-label';
import { isStream } from '#http/respond';

/**
 * Records the traces of requests. Outside of everything else, so that it sees how long everything took; the boundary runs the request
 * as a part of its trace.
 */
export function requestTraces(tracer: Tracer): Middleware {
  return (context, next) => {
    const { traceparent } = context.req.headers;
    const trace = tracer.request(typeof traceparent === 'string' ? traceparent : undefined);
    // Not a promise more than without it.
    return trace === undefined ? next() : traced(context, next, trace);
  };
}

async function traced(
  context: Context,
  next: () => Promise<unknown>,
  trace: RequestTrace,
): Promise<void> {
  context.state['trace'] = trace;
  try {
    await next();
  } finally {
    const end = (): void => endOf(context, trace);
    // Events go on for as long as the client likes; what is downloaded ends with its last byte.
    if (isStream(context.body) && !context.response.is('text/event-stream'))
      context.res.once('close', end);
    else end();
  }
}

function endOf({ state, res, req, method }: Context, trace: RequestTrace): void {
  const { label, code, requestId } = state as {
    readonly label?: RequestLabel;
    readonly code?: string;
    readonly requestId?: string;
  };
  trace.end({
    method,
    route: label?.route,
    status: res.statusCode,
    isSecure: 'encrypted' in req.socket,
    code,
    tags: {
      ...(label === undefined ? {} : { class: label.class }),
      ...(label?.operation === undefined ? {} : { operation: label.operation }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    },
  });
}
