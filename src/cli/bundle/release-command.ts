import type { Command } from 'commander';
import { writeReleaseFolder } from '#cli/bundle/bundle-cache';
import { ALIAS, parseAlias } from '#cli/bundle/bundle-options';
import {
  type ReleaseOptions,
  type ReleaseOutcome,
  releaseBundle,
} from '#cli/bundle/release-bundle';
import { downloadRelease } from '#cli/bundle/release-store';
import { readSigningKey } from '#cli/bundle/signing-key';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, type ExitCode, runToExit } from '#cli/command/exit-code';
import { ProgressBar } from '#cli/command/progress';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { connectScope } from '#cli/contract/contract-registry';
import { explain } from '#cli/manual/manual-command';
import { scopeByName } from '#cli/profile/choose-target';

interface Flags extends TargetFlags {
  readonly key: string;
  readonly out?: string;
  readonly alias?: string;
  readonly select?: string;
  readonly description?: string;
  readonly gitSha?: string;
  readonly gitBranch?: string;
}

const MANUAL = {
  examples: [
    'atlas-registry contract bundle release --key /etc/atlas/bundle-key.pem --out ./release',
    'atlas-registry contract bundle release --key key.pem --select orders. --alias orders-latest',
  ],
  seeAlso: ['docs/contracts-ci.md'],
};

/** Adds `contract bundle release`. */
export function addReleaseCommand(group: Command, host: CommandHost): void {
  const release = group
    .command('release')
    .description(
      'Release the latest approved version of every contract of a scope, signed. The same contracts again release nothing.',
    )
    .requiredOption('--key <file>', 'private key of Ed25519, PEM')
    .option('--out <folder>', 'write the four files there too')
    .option('--alias <alias>', `what names the newest release (default: "${ALIAS}")`)
    .option('--select <prefix>', 'only contracts whose names begin so; needs an --alias')
    .option('--description <text>', 'what the release is for')
    .option('--git-sha <sha>', 'the commit that it was made at')
    .option('--git-branch <branch>', 'the branch that it was made on');
  explain(release, MANUAL);
  addTargetOptions(release).action(async (flags: Flags) =>
    runToExit(host, async (signal) => run(flags, host, signal)),
  );
}

async function run(flags: Flags, host: CommandHost, signal: AbortSignal): Promise<ExitCode> {
  const scope = scopeByName(flags);
  const { select, description, out } = flags;
  const key = await readSigningKey(flags.key);
  let bar: ProgressBar | undefined;
  const options: ReleaseOptions = {
    client: connectScope({ ...flags, ...scope }, signal),
    alias: aliasOf(flags),
    key,
    canonical: host.json.canonical,
    facts: {
      createdAt: new Date(host.nowMs()).toISOString(),
      ...scope,
      ...gitOf(flags),
      ...(description === undefined ? {} : { description }),
      ...(select === undefined ? {} : { select }),
    },
    ...(select === undefined ? {} : { select }),
    signal,
    onBegin: (total) => {
      if (total > 0) bar = new ProgressBar(host.err, 'Reading contracts', total);
    },
    onContract: (name) => bar?.advance(1, name),
  };
  const outcome = await releaseBundle(options);
  if (host.err.isTTY === true) bar?.finish('Reading contracts: done');
  if (out !== undefined) {
    const { client } = options;
    const files =
      outcome.kind === 'already'
        ? await downloadRelease(client, outcome.stored)
        : outcome.release.files;
    await writeReleaseFolder(out, files).catch((error: unknown) => {
      const is = error instanceof Error ? error.message : String(error);
      const quoted = JSON.stringify(out);
      throw new CommandFault(
        EXIT.usage,
        `Cannot write ${quoted}: ${is} (want a folder to write to)`,
      );
    });
  }
  host.out.write(
    flags.json === true ? `${JSON.stringify(factsOf(outcome))}\n` : wordsOf(outcome, flags),
  );
  return EXIT.ok;
}

/** Consumers of all contracts would lose most of them, if a part took their alias. */
function aliasOf({ alias, select }: Flags): string {
  if (alias === undefined && select !== undefined) {
    throw new CommandFault(
      EXIT.usage,
      `Cannot release by --select ${JSON.stringify(select)}: ${JSON.stringify(ALIAS)} names releases of all contracts (want an --alias of its own)`,
    );
  }
  return parseAlias(alias ?? ALIAS);
}

function gitOf({ gitSha: sha, gitBranch: branch }: Flags) {
  if (sha === undefined && branch === undefined) return {};
  return {
    git: { ...(sha === undefined ? {} : { sha }), ...(branch === undefined ? {} : { branch }) },
  };
}

function factsOf(outcome: ReleaseOutcome): object {
  if (outcome.kind === 'already') return { status: 'already_released', manifest: outcome.manifest };
  const { alias, release } = outcome;
  const { manifest } = release;
  switch (alias.kind) {
    case 'moved':
      return { status: 'released', manifest, alias: 'moved', before: alias.before };
    case 'already':
      return { status: 'released', manifest, alias: 'already', aliasTag: alias.manifest.tag };
    case 'left':
      return { status: 'released', manifest, alias: 'left', aliasTag: alias.manifest.tag };
    default:
      return alias satisfies never;
  }
}

function wordsOf(outcome: ReleaseOutcome, { alias: name = ALIAS }: Flags): string {
  if (outcome.kind === 'already') {
    const { tag, createdAt } = outcome.manifest;
    return `Already released: ${tag}, created ${createdAt}, has the same contracts\n`;
  }
  const { alias, release } = outcome;
  const { tag, contracts, position, bundleSha256 } = release.manifest;
  const lines = [
    `Released ${tag}: ${contracts} contracts as of position ${position}`,
    `  SHA-256 ${bundleSha256}`,
  ];
  switch (alias.kind) {
    case 'moved':
      lines.push(
        `  ${name} names it now${alias.before === undefined ? '' : `, and named ${alias.before} before`}`,
      );
      break;
    case 'already':
      lines.push(`  ${name} names ${alias.manifest.tag} with the same contracts`);
      break;
    case 'left':
      lines.push(
        `  ${name} stays at ${alias.manifest.tag}: that one is newer (position ${alias.manifest.position})`,
      );
      break;
    default:
      alias satisfies never;
  }
  return `${lines.join('\n')}\n`;
}
