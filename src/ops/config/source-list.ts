import { z } from 'zod';

/** Where a source of datasets lies. */
export type SourceAddress =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly bucket: string;
      /** Before every key; empty or ending in `/`. */
      readonly prefix: string;
    };

/** A source as its operator declared it. */
export interface DeclaredSource {
  readonly name: string;
  readonly address: SourceAddress;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const SHA256 = /^[0-9a-fA-F]{64}$/;

type Refuse = (message: string) => void;

function parts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `name=value,name=value`: every name once. */
function named(text: string, refuse: Refuse): readonly (readonly [name: string, value: string])[] {
  const pairs = parts(text).map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, Math.max(at, 0)), part.slice(at + 1)] as const;
  });
  for (const [name, value] of pairs) {
    if (!NAME.test(name) || value === '')
      refuse(`"${name}=${value}" is no pair (want name=value, the name of a-z, 0-9, "_", "-")`);
  }
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(`"${twice}" is there twice`);
  return pairs;
}

function httpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isPlain ? url : undefined;
}

function addressOf(value: string): SourceAddress | undefined {
  const [, kind, rest = ''] = /^(local|http|s3):(.+)$/s.exec(value) ?? [];
  if (kind === 'local') return rest.startsWith('/') ? { kind, path: rest } : undefined;
  const url = httpUrl(rest);
  if (url === undefined) return undefined;
  if (kind === 'http') return { kind, url: url.href };
  const [bucket = '', ...folders] = url.pathname.slice(1).split('/').filter(Boolean);
  if (kind !== 's3' || !BUCKET.test(bucket)) return undefined;
  return { kind, endpoint: url.origin, bucket, prefix: folders.map((f) => `${f}/`).join('') };
}

function refuser(context: z.core.$RefinementCtx): Refuse {
  return (message) => {
    context.addIssue({ code: 'custom', message });
  };
}

/** `name=local:/path,name=http:https://host/path,name=s3:https://host/bucket/prefix` */
export const sourceList = z.string().transform((text, context): readonly DeclaredSource[] => {
  const refuse = refuser(context);
  return named(text, refuse).flatMap(([name, value]) => {
    const address = addressOf(value);
    if (address === undefined) {
      refuse(
        `source "${name}" has no address that can be used (want local:/path, http:https://host/path or s3:https://host/bucket/prefix, without a password in it: see ATLAS_REGISTRY_TOKENS)`,
      );
      return [];
    }
    return [{ name, address }];
  });
});

/** `name,name` */
export const nameList = z.string().transform((text, context): readonly string[] => {
  const names = parts(text);
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) refuser(context)(`"${wrong}" is no name of a source`);
  return names;
});

/** `name=sha256,name=sha256`, in lower case. */
export const digestList = z.string().transform((text, context): ReadonlyMap<string, string> => {
  const refuse = refuser(context);
  const pairs = named(text, refuse).map(([name, value]) => [name, value.toLowerCase()] as const);
  const wrong = pairs.find(([, value]) => !SHA256.test(value));
  if (wrong !== undefined) refuse(`"${wrong[0]}" has no SHA-256 (want 64 hexadecimal digits)`);
  return new Map(pairs);
});

/** `name=token,name=token` */
export const tokenList = z
  .string()
  .transform(
    (text, context): ReadonlyMap<string, string> =>
      new Map(named(text, (message) => refuser(context)(message.replaceAll(/=[^"]*"/g, '=…"')))),
  );
