import Koa from 'koa';
import type { HttpDependencies } from '#http/dependencies';
import { SECURITY_HEADERS } from '#http/security-headers';

/** Answers scrapers on a port of their own, and nobody else. */
export function buildMetricsApp({ type, text }: NonNullable<HttpDependencies['metrics']>): Koa {
  const app = new Koa();
  app.use(async (context) => {
    context.set(SECURITY_HEADERS);
    context.set('Cache-Control', 'no-store');
    if (context.path !== '/metrics') {
      context.status = 404;
      context.body = 'Cannot find what is asked for: here is GET /metrics alone\n';
      return;
    }
    context.body = await text();
    context.set('Content-Type', type);
  });
  // Errors of connections that broke.
  app.on('error', () => undefined);
  return app;
}
