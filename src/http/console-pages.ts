import type { Context, Middleware } from 'koa';
import { quote, RegistryError } from '#domain/errors';
import { matchesEtag } from '#http/conditional';
import type { ConsoleFile, ConsoleFiles } from '#http/console-files';

// Scripts and styles of this registry alone, and no request to any other host. Texts never become markup.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const ROOT = '/console';

/**
 * Answers for the console, to anybody: its files hold nothing of the registry. What they ask for afterwards goes through the
 * same routes as any client.
 */
export function consolePages(console: ConsoleFiles | undefined): Middleware {
  return async (context, next) => {
    const { path, method } = context;
    const isOwn = path === ROOT || path.startsWith(`${ROOT}/`);
    if (!isOwn || (method !== 'GET' && method !== 'HEAD')) {
      await next();
      return;
    }
    if (console === undefined) throw notBuilt();
    const name = path.slice(ROOT.length + 1);
    const file = console.files.get(name);
    if (file === undefined && name.startsWith('assets/')) throw noSuchFile(path);
    send(context, file ?? console.index);
  };
}

function send(context: Context, file: ConsoleFile): void {
  const { body, encoding, suffix } = chosen(context, file);
  const etag = file.etag.replace(/"$/, `${suffix}"`);
  context.set('Content-Security-Policy', POLICY);
  context.set('Cross-Origin-Opener-Policy', 'same-origin');
  context.set('Vary', 'Accept-Encoding');
  context.set('ETag', etag);
  context.set(
    'Cache-Control',
    file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
  if (matchesEtag(context.get('If-None-Match') || undefined, etag)) {
    context.status = 304;
    return;
  }
  context.status = 200;
  context.body = body;
  context.set('Content-Type', file.type);
  if (encoding !== undefined) context.set('Content-Encoding', encoding);
}

// Each encoding is a representation of its own, with a tag of its own (RFC 9110, section 8.8.3.3).
function chosen(context: Context, { body, br, gzip }: ConsoleFile) {
  const wanted = context.acceptsEncodings('br', 'gzip', 'identity');
  if (wanted === 'br' && br !== undefined) return { body: br, encoding: 'br', suffix: '-br' };
  if (wanted === 'gzip' && gzip !== undefined)
    return { body: gzip, encoding: 'gzip', suffix: '-gz' };
  return { body, encoding: undefined, suffix: '' };
}

function notBuilt(): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    'Cannot show the console: it was not built (want "make build", which builds it)',
  );
}

function noSuchFile(path: string): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find ${quote(path)}: the console has no such file (want one that /console names: load the page again)`,
  );
}
