import { quote, RegistryError } from '#domain/errors';

/** Hosts that actions may call: names as they are, or `*.` before a name for everything below it. */
export interface HostList {
  readonly isEmpty: boolean;
  /** Tells whether a host of a parsed URL is in the list. */
  has(hostname: string): boolean;
}

const ENTRY = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const ADDRESS = /^\[[0-9a-f:.]+\]$/;

/** Reads a list of hosts. A port is not part of it. @throws INVALID_SETTING */
export function parseHostList(entries: readonly string[]): HostList {
  const [exact, suffixes] = [new Set<string>(), [] as string[]];
  for (const entry of entries.map((one) => one.toLowerCase())) {
    if (!ENTRY.test(entry) && !ADDRESS.test(entry)) {
      throw new RegistryError(
        'INVALID_SETTING',
        `Cannot use host ${quote(entry)}: it is no name (want such as "hooks.example.com" or "*.example.com")`,
      );
    }
    if (entry.startsWith('*.')) suffixes.push(entry.slice(1));
    else exact.add(entry);
  }
  return {
    isEmpty: entries.length === 0,
    has: (hostname) => {
      // A final dot says that a name is whole; it is the same name.
      const host = hostname.replace(/\.$/, '');
      return exact.has(host) || suffixes.some((suffix) => host.endsWith(suffix));
    },
  };
}
