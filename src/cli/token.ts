import type { Command } from 'commander';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, type ExitCode } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';
import { environmentCredentials } from '#cli/profile/credentials';
import { runRemote } from '#cli/remote/run-remote';
import { askRegistry, type TokenStanding } from '#cli/token/ask-registry';

type Flags = TargetFlags & { readonly profile?: string };

/** Up to how many minutes a span is told in which unit. */
const UNITS = [
  [120, 1, 'min'],
  [2_880, 60, 'h'],
  [Infinity, 1_440, 'd'],
] as const;

const MANUAL = {
  about: `Shows where the token comes from, what it says of itself (who, which tenant and environments, what it allows, when it ends)
and whether the registry takes it. The token itself is never shown. What an API key allows is shown to registry:admin alone.`,
  examples: [
    'atlas-registry token',
    'atlas-registry token --profile prod --json | jq -r .expires_at',
  ],
  exits: {
    [EXIT.ok]: 'the registry takes it, or asks nobody',
    [EXIT.refused]: 'the registry does not take it, or wants one and there is none',
  },
  seeAlso: ['docs/security.md', 'atlas-registry profile', 'atlas-registry key'],
};

/** Adds `token` to the program: it says what the token in use is good for. */
export function addToken(program: Command, host: CommandHost): void {
  const description = 'Say what the token in use is good for.';
  const command = commandGroup(program, host, { name: 'token', description });
  addTargetOptions(explain(command, MANUAL)).action(async (flags: Flags) =>
    runRemote(host, flags, async (_, signal): Promise<ExitCode> => {
      const credentials = flags.credentials ?? environmentCredentials();
      const standing = await askRegistry(flags, credentials.token(), signal);
      const { url, tenant, environment, profile, json } = flags;
      const { tokenFrom } = credentials;
      if (json === true) {
        const { facts, ...answer } = standing;
        const shown = { url, tenant, environment, profile, token_from: tokenFrom, ...answer };
        host.out.write(jsonLine({ ...shown, ...facts }));
      } else host.out.write(describe(standing, { flags, tokenFrom, nowMs: host.nowMs() }));
      return standing.accepted === 'no' ? EXIT.refused : EXIT.ok;
    }),
  );
}

interface Around {
  readonly flags: Flags;
  readonly tokenFrom: string | undefined;
  readonly nowMs: number;
}

function describe(
  { accepted, reason, facts }: TokenStanding,
  { flags: { url, tenant, environment, profile }, tokenFrom, nowMs }: Around,
): string {
  const verdict = { yes: 'yes', no: 'no', 'not-asked': 'it asks nobody who they are' }[accepted];
  const parts = [tenant ?? 'the tenant of the token', environment ?? 'its environment'];
  const asked = tenant === undefined && environment === undefined ? '' : ` (${parts.join('/')})`;
  const lines: (readonly [string, string | undefined])[] = [
    ['registry', `${url}${asked}`],
    ['profile', profile],
    ['token', tokenFrom ?? 'none: see "atlas-registry profile set --help", or set ATLAS_TOKEN'],
    ['kind', tokenFrom === undefined ? undefined : kindText(facts)],
    ['issuer', facts.issuer],
    ['who', facts.subject],
    ['for', scopeText(facts)],
    ['allows', facts.scopes?.join(' ')],
    ['ends', facts.expires_at && endText(facts.expires_at, nowMs)],
    ['accepted', reason === undefined ? verdict : `${verdict}: ${reason}`],
  ];
  const shown = lines.filter(([, text]) => text !== undefined);
  return `${shown.map(([what, text]) => printable(`${what.padEnd(10)}${text}`)).join('\n')}\n`;
}

function kindText({ kind, key_id: id }: TokenStanding['facts']): string {
  if (kind === 'jwt') return 'a JWT; what it says of itself:';
  return kind === 'api-key' ? `the API key ${id}` : 'it cannot be read here';
}

function scopeText({ tenant, environments }: TokenStanding['facts']): string | undefined {
  if (tenant === undefined) return undefined;
  return `tenant ${tenant}, ${environments === undefined ? 'no environment' : `environments ${environments.join(' ')}`}`;
}

function endText(at: string, nowMs: number): string {
  const minutes = Math.round((Date.parse(at) - nowMs) / 60_000);
  const size = Math.abs(minutes);
  const [, perUnit, unit] = UNITS.find(([minutesMax]) => size < minutesMax) ?? UNITS[0];
  const span = `${Math.round(size / perUnit)} ${unit}`;
  return minutes < 0 ? `${at}, ${span} ago` : `${at}, in ${span}`;
}
