import { type Command, InvalidArgumentError } from 'commander';
import type { RegistryTarget } from '#cli/contract/contract-registry';

/** What every command that speaks to a registry is told. */
export type TargetFlags = RegistryTarget & { readonly json?: boolean };

/** Adds the options that name a registry, a scope and whoever acts. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the registry', 'http://127.0.0.1:3001')
    .option('--tenant <tenant>', 'which tenant', 'default')
    .option('--environment <environment>', 'which of its environments', 'dev')
    .option('--actor <name>', 'who does it, as it is recorded')
    .option('--json', 'print JSON for machines');
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A contract that another one refers to. */
export interface ReferenceFlag {
  readonly uri: string;
  readonly name: string;
  readonly version: string;
}

/** Reads `<uri>=<name>@<version>`. The URI may hold `=`, names and versions do not. */
export function collectReference(
  value: string,
  before: readonly ReferenceFlag[] = [],
): readonly ReferenceFlag[] {
  const [, uri, name, version] = /^(.+)=([^=@]+)@([^=@]+)$/s.exec(value) ?? [];
  if (uri === undefined || name === undefined || version === undefined)
    throw new InvalidArgumentError('Want <uri>=<name>@<version>.');
  return [...before, { uri, name, version }];
}

/** Reads `<key>=<value>`; the value may hold `=` and may be empty. */
export function collectLabel(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = value.indexOf('=');
  const key = value.slice(0, Math.max(at, 0));
  if (key === '') throw new InvalidArgumentError('Want <key>=<value>.');
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError('Want every label once.');
  // A key such as "__proto__" is a label like any other.
  return Object.fromEntries([...Object.entries(before), [key, value.slice(at + 1)]]);
}
