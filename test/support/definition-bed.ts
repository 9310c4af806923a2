import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';

/** Talks about definitions over HTTP. Paths begin behind `/registry`. */
export interface DefinitionClient {
  post(path: string, body?: object, headers?: Record<string, string>): Promise<ApiAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Follows a list to its end; gives what is under a name of each page. */
  all(path: string, member: string): Promise<readonly { readonly id: string }[]>;
}

/** Makes an id that nobody has used. */
export function freshId(prefix: string): string {
  return `${prefix}.x${newId().replaceAll('-', '')}`;
}

/** Makes a client for one scope. */
export function definitionClient(
  api: Api,
  scope: Readonly<Record<string, string>> = {},
): DefinitionClient {
  const get: DefinitionClient['get'] = async (path, headers = {}) =>
    await api.get(`/registry${path}`, { ...scope, ...headers });
  return {
    get,
    post: async (path, body, headers = {}) => {
      const request = body === undefined ? {} : { body };
      const sent = { ...scope, ...headers };
      return await api.send(`/registry${path}`, { method: 'POST', ...request, headers: sent });
    },
    all: async (path, member) => {
      const found = [];
      for (let next: string | undefined = path; next !== undefined; ) {
        const page: ApiAnswer = await get(next);
        if (page.status !== 200) throw new Error(page.text);
        found.push(...page.json[member]);
        next = /^<\/registry(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      }
      return found;
    },
  };
}
