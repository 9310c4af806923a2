import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { commandGroup } from '#cli/command/command-group';
import type { CommandHost } from '#cli/command/command-host';
import { EXIT, runToExit } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { addTargetOptions, collect, type TargetFlags } from '#cli/command/target-options';
import { checkPart, connectScope, parseAnswer } from '#cli/contract/contract-registry';
import { explain } from '#cli/manual/manual-command';
import type { RegistryClient } from '#cli/remote/registry-client';

interface CreateFlags extends TargetFlags {
  readonly name: string;
  readonly scope: readonly string[];
  readonly days: number;
}

interface RevokeFlags extends TargetFlags {
  readonly reason?: string;
}

const PATH = '/registry/api-keys';
const PAGE = 1_000;
const DAYS_DEFAULT = 90;
const DAYS_MAX = 366;

const keySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  status: z.string(),
  expires_at: z.string(),
  issued_by: z.string().optional(),
});
const issuedSchema = keySchema.extend({ key: z.string().optional() });
const pageSchema = z.looseObject({
  api_keys: z.array(keySchema),
  next_cursor: z.string().optional(),
});
type ShownKey = z.output<typeof keySchema>;

/** Adds `key create`, `key list` and `key revoke` to the program. */
export function addKey(program: Command, host: CommandHost): void {
  const description = 'Make, list and revoke the API keys of a tenant and environment.';
  const group = commandGroup(program, host, { name: 'key', description });
  addCreate(group, host);
  addList(group, host);
  addRevoke(group, host);
  explain(group, { seeAlso: ['docs/security.md', 'atlas-registry token'] });
}

function addCreate(group: Command, host: CommandHost): void {
  const create = group
    .command('create')
    .description(
      'Issue a key and print it. It is shown this once: keep it where its service reads it.',
    )
    .requiredOption('--name <name>', 'which service holds it')
    .requiredOption(
      '--scope <scope>',
      'what it allows, such as datasets:read; once for each',
      collect,
    )
    .option('--days <days>', 'how long it is in force', parseDays, DAYS_DEFAULT);
  explain(create, {
    about:
      'The key alone goes to standard output, so that it can be piped to where it is kept. Only registry:admin may issue keys.',
    examples: [
      'atlas-registry key create --name nightly-load --scope datasets:write --scope datasets:publish > key.txt',
      'atlas-registry key create --name me --scope datasets:read | atlas-registry profile set prod --token-stdin',
    ],
  });
  addTargetOptions(create).action(async (flags: CreateFlags) =>
    runToExit(host, async (signal) => {
      const { name, scope: scopes, days } = flags;
      const body = { name, scopes, expires_in_days: days };
      const answer = await send(connectScope(flags, signal), issuedSchema, PATH, body);
      if (flags.json === true) host.out.write(jsonLine(answer));
      else {
        // The key alone on standard output, so that it can be piped to where it is kept.
        host.err.write(`${describe(answer)}\n`);
        host.out.write(`${answer.key ?? ''}\n`);
      }
      return EXIT.ok;
    }),
  );
}

function addList(group: Command, host: CommandHost): void {
  const list = group.command('list').description('List the keys, the newest first.');
  explain(list, { examples: ['atlas-registry key list --json'] });
  addTargetOptions(list).action(async (flags: TargetFlags) =>
    runToExit(host, async (signal) => {
      const keys = await all(connectScope(flags, signal));
      if (flags.json === true) host.out.write(jsonLine({ api_keys: keys }));
      else if (keys.length === 0) host.out.write('There are no keys: see `key create --help`\n');
      else for (const key of keys) host.out.write(`${describe(key)}\n`);
      return EXIT.ok;
    }),
  );
}

function addRevoke(group: Command, host: CommandHost): void {
  const revoke = group
    .command('revoke')
    .description('Take a key back. It is refused at once.')
    .argument('<id>', 'its id, as `key list` shows it')
    .option('--reason <text>', 'for whoever looks for it later');
  explain(revoke, {
    examples: ['atlas-registry key revoke abcdefghij234567 --reason "left the team"'],
  });
  addTargetOptions(revoke).action(async (id: string, flags: RevokeFlags) =>
    runToExit(host, async (signal) => {
      const path = `${PATH}/${encodeURIComponent(checkPart(id))}/revoke`;
      const { reason } = flags;
      const answer = await send(connectScope(flags, signal), keySchema, path, { reason });
      host.out.write(
        `${flags.json === true ? printable(JSON.stringify(answer)) : describe(answer)}\n`,
      );
      return EXIT.ok;
    }),
  );
}

/** Sends a command under a key of its own, so that a proxy may repeat it. */
async function send<T extends z.ZodType>(
  client: RegistryClient,
  schema: T,
  ...[path, body]: readonly [path: string, body: object]
): Promise<z.output<T>> {
  const idempotencyKey = randomUUID();
  return parseAnswer(
    schema,
    path,
    (await client.ask(path, { method: 'POST', body, idempotencyKey })).bytes,
  );
}

async function all(client: RegistryClient): Promise<readonly ShownKey[]> {
  const keys: ShownKey[] = [];
  let cursor: string | undefined;
  do {
    const more: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `${PATH}?limit=${PAGE}${more}`;
    const { bytes } = await client.ask(path, { method: 'GET' });
    const page = parseAnswer(pageSchema, path, bytes);
    keys.push(...page.api_keys);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return keys;
}

function describe({
  id,
  name,
  scopes,
  status,
  expires_at: end,
  issued_by: by = 'somebody',
}: ShownKey): string {
  const [day = end] = end.split('T');
  return printable(
    `${id}  ${status.padEnd(7)}  until ${day}  ${name}  ${scopes.join(' ')}  by ${by}`,
  );
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,3}$/.test(text) && days >= 1 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`Want a whole number from 1 to ${DAYS_MAX}.`);
}
