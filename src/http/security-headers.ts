// `default-src` covers neither what a base, a form nor a frame may name, so they stand for themselves. In a sandbox what
// somebody has uploaded belongs to no origin, even where a browser shows it.
const POLICY = [
  "default-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox',
].join('; ');

/** What every answer tells browsers: it is data. Nothing of it runs, is framed, is embedded or is taken for another type. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
} as const;

/** The same, names and values in turn. */
export const SECURITY_HEADER_LIST: readonly string[] = Object.entries(SECURITY_HEADERS).flat();

/** Tells browsers to come back over TLS alone, here and below, for a year (RFC 6797). Only where TLS is on. */
export const HSTS = ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] as const;
