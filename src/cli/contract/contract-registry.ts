import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import {
  type CheckAnswer,
  type ContractAnswer,
  checkSchema,
  contractSchema,
  diffSchema,
  type PublishedAnswer,
  publishedSchema,
  stagedSchema,
  type VersionsAnswer,
  versionsSchema,
} from '#cli/contract/answers';
import type { Credentials } from '#cli/profile/credentials';
import { RegistryClient, type SendOptions } from '#cli/remote/registry-client';

/** Which registry is meant, which scope of it, and who says so. */
export interface RegistryTarget {
  readonly url: string;
  /** Default: that of the token, else `default`. */
  readonly tenant?: string | undefined;
  /** Default: the only one of the token, else `dev`. */
  readonly environment?: string | undefined;
  /** Recorded with every command; absent: the registry's word for nobody. */
  readonly actor?: string;
  /** Who sends its requests. Default: what the environment says. */
  readonly credentials?: Credentials;
}

// A gate that proves something about a large schema takes its time; somebody waits for it in a pipeline.
const TIMEOUT_MS = 120_000;
const ACTOR = /^[ -~]{1,128}$/;
const SCOPE_PART = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Checks what names a registry and who acts. @throws CommandFault for an address or an actor that cannot be one */
export function checkTarget({ url, actor }: RegistryTarget): void {
  const refuse = (noun: string, value: string, want: string): CommandFault =>
    new CommandFault(
      EXIT.usage,
      `Cannot use ${noun} ${JSON.stringify(value)}: that is none (want ${want})`,
    );
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw refuse('address', url, 'http://host:port');
  const { origin, username, password, search, hash } = new URL(url);
  // The address itself is not shown: logs of pipelines are read by many.
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    throw refuse('address', origin, 'one without a password, a query and a fragment');
  if (actor !== undefined && !ACTOR.test(actor))
    throw refuse('actor', actor, '1 to 128 printable ASCII characters');
}

/** Checks what names a scope. @throws CommandFault */
export function checkScope(parts: {
  readonly tenant: string | undefined;
  readonly environment: string | undefined;
}): void {
  for (const [noun, value] of Object.entries(parts))
    if (value !== undefined && !SCOPE_PART.test(value))
      throw new CommandFault(
        EXIT.usage,
        `Cannot use ${noun} ${JSON.stringify(value)}: that is none (want 1 to 63 of a-z, 0-9 and "-")`,
      );
}

/**
 * Makes the client of one scope of a registry.
 * @throws CommandFault for an address or an actor that cannot be one
 */
export function connectScope(target: RegistryTarget, signal: AbortSignal): RegistryClient {
  checkTarget(target);
  const { url, tenant, environment, actor, credentials } = target;
  checkScope({ tenant, environment });
  // Both stand in the path, as an address that others can be given; what is not named is that of the token.
  const isNamed = tenant !== undefined && environment !== undefined;
  const scope = isNamed ? `/tenants/${tenant}/environments/${environment}` : '';
  return new RegistryClient(`${url.replace(/\/+$/, '')}${scope}`, {
    timeoutMs: TIMEOUT_MS,
    signal,
    credentials,
    headers: {
      ...(isNamed || tenant === undefined ? {} : { 'Atlas-Tenant': tenant }),
      ...(isNamed || environment === undefined ? {} : { 'Atlas-Environment': environment }),
      ...(actor === undefined ? {} : { 'Atlas-Actor': actor }),
    },
  });
}

/** The contracts of one scope of a registry. Every method throws `ResponseError` for an answer that is no success. */
export class ContractRegistry {
  readonly #client: RegistryClient;
  readonly #query: string;

  /** With `at` it reads the past: a position, or a time. */
  constructor(client: RegistryClient, { at }: { readonly at?: string | undefined } = {}) {
    this.#client = client;
    this.#query = at === undefined ? '' : `?at=${encodeURIComponent(at)}`;
  }

  async check(name: string, body: object): Promise<CheckAnswer> {
    return await this.#json(checkSchema, `${pathOf(name)}/check`, { method: 'POST', body });
  }

  async publish(name: string, body: object): Promise<PublishedAnswer> {
    return await this.#command(publishedSchema, '/registry/contracts', { name, ...body });
  }

  async diff(name: string, older: string, newer: string): Promise<z.output<typeof diffSchema>> {
    const path = `${pathOf(name, older)}/diff/${encodeURIComponent(checkPart(newer))}`;
    return await this.#json(diffSchema, `${path}${this.#query}`, { method: 'GET' });
  }

  /** Gives the changelog to the letter: Markdown, or JSON. */
  async changelog(name: string, format: 'markdown' | 'json'): Promise<string> {
    const and = this.#query === '' ? '?' : `${this.#query}&`;
    const query = format === 'markdown' ? `${and}format=markdown` : this.#query;
    const path = `${pathOf(name)}/changelog${query}`;
    const { bytes, headers } = await this.#client.ask(path, { method: 'GET' });
    const wanted = format === 'markdown' ? 'text/markdown' : 'application/json';
    const type = headers.get('content-type')?.split(';')[0] ?? 'nothing';
    if (type !== wanted)
      throw new CommandFault(
        EXIT.unreachable,
        `Cannot use the answer of ${path}: it is ${type} (want ${wanted}, from a registry)`,
      );
    return Buffer.from(bytes).toString('utf8');
  }

  async setStage(name: string, version: string, body: object) {
    return await this.#command(stagedSchema, `${pathOf(name, version)}/stage`, body);
  }

  async promote(name: string, version: string, body: object): Promise<PublishedAnswer> {
    return await this.#command(publishedSchema, `${pathOf(name, version)}/promote`, body);
  }

  async versions(name: string): Promise<VersionsAnswer> {
    return await this.#json(versionsSchema, `${pathOf(name)}${this.#query}`, { method: 'GET' });
  }

  async find(name: string, version: string): Promise<ContractAnswer> {
    const path = `${pathOf(name, version)}${this.#query}`;
    return await this.#json(contractSchema, path, { method: 'GET' });
  }

  /** Sends a command under a key of its own, so that a proxy may repeat it. */
  async #command<T extends z.ZodType>(schema: T, path: string, body: object) {
    const idempotencyKey = randomUUID();
    return await this.#json(schema, path, { method: 'POST', body, idempotencyKey });
  }

  async #json<T extends z.ZodType>(
    schema: T,
    path: string,
    options: SendOptions,
  ): Promise<z.output<T>> {
    return parseAnswer(schema, path, (await this.#client.ask(path, options)).bytes);
  }
}

/** Reads the JSON of an answer. @throws CommandFault when something else answers there than such a registry */
export function parseAnswer<T extends z.ZodType>(
  schema: T,
  path: string,
  bytes: Uint8Array,
): z.output<T> {
  const refuse = (is: string, cause: unknown): CommandFault =>
    new CommandFault(
      EXIT.unreachable,
      `Cannot use the answer of ${path}: ${is} (want a registry of this version)`,
      { cause },
    );
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw refuse(`it does not fit at "${parsed.error.issues[0]?.path.join('.')}"`, parsed.error);
}

function pathOf(name: string, version?: string): string {
  const parts = version === undefined ? [name] : [name, version];
  parts.forEach(checkPart);
  return `/registry/contracts/${parts.map(encodeURIComponent).join('/')}`;
}

/** Checks what becomes part of an address: `.` and `..` lead elsewhere. @throws CommandFault */
export function checkPart(part: string): string {
  if (part !== '.' && part !== '..') return part;
  throw new CommandFault(
    EXIT.usage,
    `Cannot ask for ${JSON.stringify(part)}: that is no name (want that of a contract, of a version or of a key)`,
  );
}
