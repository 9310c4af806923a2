import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { variable } from '#cli/command/environment';
import { CommandFault, EXIT } from '#cli/command/exit-code';

const BYTES_MAX = 1_048_576;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

const TEXT_CHARS_MAX = 4_096;

const text = z.string().min(1).max(TEXT_CHARS_MAX);
const profileSchema = z.strictObject({
  url: text,
  tenant: text.optional(),
  environment: text.optional(),
  actor: text.optional(),
  token_env: text.optional(),
  token_file: text.optional(),
  client_cert: text.optional(),
  client_key: text.optional(),
  ca: text.optional(),
});
const fileSchema = z.strictObject({
  current: z.string().regex(NAME).optional(),
  profiles: z.record(z.string().regex(NAME), profileSchema),
});

/** A registry as its user reaches it: where it is, which scope, and where a token lies. It holds no secret itself. */
export type Profile = z.output<typeof profileSchema>;
/** All profiles of a user, and the one that counts where none is named. */
export type Profiles = z.output<typeof fileSchema>;

/** Gives the folder of this program in the user's configuration, by the rules of XDG. */
export function profileFolder(): string {
  const base = variable('XDG_CONFIG_HOME') ?? '';
  return join(isAbsolute(base) ? base : join(homedir(), '.config'), 'atlas-registry');
}

/** Gives the file that profiles lie in. */
export function profilePath(): string {
  return join(profileFolder(), 'profiles.json');
}

/** Checks the name of a profile. @throws CommandFault */
export function parseProfileName(name: string): string {
  if (NAME.test(name)) return name;
  throw new CommandFault(
    EXIT.usage,
    `Cannot use profile ${JSON.stringify(name)}: that is no name (want 1 to 63 letters, digits, ".", "_" and "-")`,
  );
}

/** Checks what a profile holds. @throws CommandFault for what no command could read again */
export function checkProfile(name: string, profile: Profile): Profile {
  const { error } = profileSchema.safeParse(profile);
  if (error === undefined) return profile;
  const at = error.issues[0]?.path.join('.');
  throw new CommandFault(
    EXIT.usage,
    `Cannot set profile ${JSON.stringify(name)}: its "${at}" does not fit (want 1 to ${TEXT_CHARS_MAX} characters)`,
  );
}

/**
 * Reads all profiles; none where there is no file, or where `isOptional` and the folder cannot be read, such as that of another user.
 * @throws CommandFault for a file that is none
 */
export function readProfiles({
  isOptional = false,
}: {
  readonly isOptional?: boolean;
} = {}): Profiles {
  const path = profilePath();
  const refuse = (is: string): CommandFault =>
    new CommandFault(
      EXIT.usage,
      `Cannot read profiles ${JSON.stringify(path)}: ${is} (want what "atlas-registry profile set" writes)`,
    );
  try {
    const bytes = readFileSync(path);
    if (bytes.length > BYTES_MAX) throw refuse(`it has ${bytes.length} bytes`);
    const parsed = fileSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (parsed.success) return parsed.data;
    throw refuse(`it does not fit at "${parsed.error.issues[0]?.path.join('.')}"`);
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    if (codeOf(error) === 'ENOENT') return { profiles: {} };
    if (isOptional && isFolderClosed(path)) return { profiles: {} };
    throw refuse(error instanceof SyntaxError ? 'it is not JSON' : String(error));
  }
}

/** Whether the folder is what cannot be read: a file that is there and closed holds what its user has chosen. */
function isFolderClosed(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return ['EACCES', 'ENOTDIR'].includes(codeOf(error));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Writes all profiles in one step: whoever reads meanwhile sees the old ones or the new ones. */
export function writeProfiles(profiles: Profiles): void {
  const path = profilePath();
  const half = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  try {
    const content = `${JSON.stringify(profiles, undefined, 2)}\n`;
    writeFileSync(half, content, { mode: PRIVATE_FILE, flag: 'wx' });
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}
