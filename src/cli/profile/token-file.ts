import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { profileFolder } from '#cli/profile/profile-file';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const OTHERS = 0o077;

/** Gives the file that holds the token of a profile, where one was handed in. */
export function storedTokenPath(profile: string): string {
  return join(profileFolder(), 'tokens', profile);
}

/** Tells whether a file is one that was written here. */
export function isStoredToken(path: string): boolean {
  return dirname(path) === join(profileFolder(), 'tokens');
}

/** Tells whether nobody else may read a file; also for one that is not there. */
export function isPrivate(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || (found.mode & OTHERS) === 0;
}

/** Keeps the token of a profile where only this user reads it, and gives its file. */
export function storeToken(profile: string, token: string): string {
  const path = storedTokenPath(profile);
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  chmodSync(dirname(path), PRIVATE_FOLDER);
  // A file that others may read already must not hold it, not even for a moment.
  rmSync(path, { force: true });
  writeFileSync(path, `${token}\n`, { mode: PRIVATE_FILE, flag: 'wx' });
  return path;
}

/** Forgets the token of a profile, if one was kept here. */
export function forgetToken(profile: string): void {
  rmSync(storedTokenPath(profile), { force: true });
}
