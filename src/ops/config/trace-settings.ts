import { z } from 'zod';
import { setting, text, whole } from '#ops/config/setting';

const TRACES_PATH = '/v1/traces';

const endpoint = z
  .string()
  .optional()
  .refine((value) => value === undefined || endpointOf(value) !== undefined, {
    error: 'want an http or https URL without a user, for example http://127.0.0.1:4318',
  })
  .transform((value) => (value === undefined ? undefined : endpointOf(value)));

/** Gives the address that traces are sent to: a collector that is named without a path takes them where OTLP says. */
function endpointOf(value: string): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isHttp || url.username !== '' || url.password !== '') return undefined;
  if (url.pathname === '/') url.pathname = TRACES_PATH;
  return url.href;
}

const RATIO = /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/;

/** A share, from 0 to 1. */
export const share = z
  .string()
  .regex(RATIO, 'want a number from 0 to 1, for example 0.01')
  .transform(Number);

const HEADER = /^\s*([A-Za-z0-9!#$&'*+.^_`|~-]{1,64})=([\x21-\x7e]{0,4096})\s*$/;

const headers = z
  .string()
  .optional()
  .transform((value = '') => value.split(',').filter((part) => part.trim() !== ''))
  .refine((parts) => parts.every((part) => HEADER.test(part)), {
    error: 'want name=value, several with commas, without spaces in values',
  })
  .transform((parts): Readonly<Record<string, string>> => Object.fromEntries(parts.map(headerOf)));

// As OTLP exporters take them: what has another meaning in the list is percent-encoded.
function headerOf(part: string): readonly [string, string] {
  const [, name = '', value = ''] = HEADER.exec(part) ?? [];
  try {
    return [name, decodeURIComponent(value)];
  } catch {
    return [name, value];
  }
}

/** The settings of traces. */
export const TRACE_SETTINGS = {
  tracesEndpoint: setting('ATLAS_TRACES_ENDPOINT', endpoint, {
    doc: 'Where traces are sent to, by OTLP over HTTP with JSON: the URL of a collector, for example `http://127.0.0.1:4318`. Without it nothing is traced, and the SDK is not loaded.',
  }),
  tracesRatio: setting('ATLAS_TRACES_RATIO', share, {
    default: '0.01',
    doc: 'The share of requests that is traced, 0 to 1. A request whose `traceparent` says that it is traced is, and one that says that it is not is not.',
  }),
  tracesPerSecondMax: setting('ATLAS_TRACES_PER_SECOND_MAX', whole(1, 100_000), {
    default: '100',
    doc: 'Traces that begin in one second: whoever sends requests can ask for any number.',
  }),
  tracesHeaders: setting('ATLAS_TRACES_HEADERS', headers, {
    doc: 'Headers for the collector as `name=value`, with commas, values percent-encoded: `authorization=Bearer%20...`.',
    secret: true,
  }),
  tracesService: setting('ATLAS_TRACES_SERVICE', text.max(64), {
    default: 'atlas-registry',
    doc: 'What traces call this service. A role other than `all` is put behind it.',
  }),
} as const;
