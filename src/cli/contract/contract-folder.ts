import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import type { ContractPlaces } from '#cli/contract/contract-input';

const CONTRACTS_MAX = 10_000;
const DESCRIPTOR = '.descriptor.json';
const SCHEMA = '.json';
const WIT = '.wit';

type Part = 'schema' | 'wit' | 'descriptor';

/**
 * Finds the contracts of a folder, by name: `<name>.json` is a schema, `<name>.wit` and `<name>.descriptor.json` stand beside
 * it. Other files and folders are left alone.
 * @throws CommandFault when the folder cannot be read, or holds none or more than 10,000
 */
export async function findContracts(
  folder: string,
  facts: object,
): Promise<readonly ContractPlaces[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const is = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw refused(folder, is);
  });
  const found = new Map<string, Map<Part, string>>();
  for (const entry of entries) {
    const part = entry.isDirectory() ? undefined : partOf(entry.name);
    if (part === undefined) continue;
    const [name, kind] = part;
    const parts = found.get(name) ?? new Map<Part, string>();
    found.set(name, parts.set(kind, join(folder, entry.name)));
  }
  if (found.size === 0 || found.size > CONTRACTS_MAX)
    throw refused(folder, `it holds ${found.size} contracts`);
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, parts]) => placesOf(name, parts, facts));
}

function placesOf(name: string, parts: ReadonlyMap<Part, string>, facts: object): ContractPlaces {
  const [schema, wit, descriptor] = [
    parts.get('schema'),
    parts.get('wit'),
    parts.get('descriptor'),
  ];
  return {
    name,
    facts,
    ...(schema === undefined ? {} : { schema }),
    ...(wit === undefined ? {} : { wit: [wit] }),
    ...(descriptor === undefined ? {} : { descriptor }),
  };
}

function partOf(file: string): readonly [name: string, part: Part] | undefined {
  const endings = [
    [DESCRIPTOR, 'descriptor'],
    [SCHEMA, 'schema'],
    [WIT, 'wit'],
  ] as const;
  const fitting = endings.find(([ending]) => file.endsWith(ending) && file.length > ending.length);
  return fitting === undefined ? undefined : [file.slice(0, -fitting[0].length), fitting[1]];
}

function refused(folder: string, is: string): CommandFault {
  return new CommandFault(
    EXIT.usage,
    `Cannot read folder ${JSON.stringify(folder)}: ${is} (want a folder with 1 to ${CONTRACTS_MAX} contracts, each a <name>.json or <name>.wit)`,
  );
}
