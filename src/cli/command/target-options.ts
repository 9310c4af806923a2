import { type Command, InvalidArgumentError } from 'commander';
import { describeError, EXIT } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import type { RegistryTarget } from '#cli/contract/contract-registry';
import { chooseTarget } from '#cli/profile/choose-target';

/** What every command that speaks to a registry is told. */
export type TargetFlags = RegistryTarget & { readonly json?: boolean };

/** Adds the options that name a registry, a scope and whoever acts. */
export function addTargetOptions(command: Command): Command {
  return addScopeOptions(command)
    .option('--actor <name>', 'who does it, as it is recorded (default: that of the profile)')
    .option('--json', 'print JSON for machines');
}

/** Adds the options that name a registry and a scope. */
export function addScopeOptions(command: Command): Command {
  return addRegistryOptions(command)
    .option(
      '--tenant <tenant>',
      'which tenant (default: that of the profile, else of the token, else "default")',
    )
    .option(
      '--environment <environment>',
      'which of its environments (default: that of the profile, else the only one of the token, else "dev")',
    );
}

/** Adds the options that name a registry. Before the command begins they are completed by the profile that counts. */
export function addRegistryOptions(command: Command): Command {
  return command
    .option(
      '--profile <name>',
      'the registry of a profile (default: ATLAS_PROFILE, or the one in use)',
    )
    .option(
      '--url <url>',
      'the registry, without a profile (default: that of the profile, else "http://127.0.0.1:3001")',
    )
    .hook('preAction', (_, action) => {
      try {
        const target = chooseTarget(action.opts());
        for (const [name, value] of Object.entries(target))
          action.setOptionValueWithSource(name, value, 'config');
      } catch (error) {
        action.error(printable(describeError(error)), { exitCode: EXIT.usage });
      }
    });
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
