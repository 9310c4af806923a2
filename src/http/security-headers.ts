/** What every answer tells browsers: it is data. Nothing of it runs, is framed or is taken for another type. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
} as const;

/** The same, names and values in turn. */
export const SECURITY_HEADER_LIST: readonly string[] = Object.entries(SECURITY_HEADERS).flat();

/** Tells browsers to come back over TLS alone, for a year (RFC 6797). Only where TLS is on. */
export const HSTS = ['Strict-Transport-Security', 'max-age=31536000'] as const;
