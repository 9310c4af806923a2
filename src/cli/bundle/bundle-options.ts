import { isAlias, isTag } from '#cli/bundle/release-format';
import { CommandFault, EXIT } from '#cli/command/exit-code';

/** How old a cached release may be by default while its registry is away. */
export const AGE_HOURS_MAX = '24';
/** Where releases are cached by default: beside whatever uses them. */
export const CACHE_FOLDER = '.atlas/contracts';
/** The alias that names the newest release by default. */
export const ALIAS = 'contracts-latest';

/** Reads a number of hours as milliseconds. @throws CommandFault */
export function parseHours(text: string): number {
  const hours = Number(text);
  if (text.trim() !== '' && hours >= 0 && Number.isFinite(hours)) return hours * 3_600_000;
  throw refused('--max-age-hours', text, 'a number of hours from 0');
}

/** Reads a number of seconds as milliseconds. @throws CommandFault */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds * 1_000;
  throw refused('--deadline-seconds', text, 'a number of seconds above 0, at most 86400');
}

/** Checks the name of an alias. @throws CommandFault */
export function parseAlias(text: string): string {
  if (isAlias(text)) return text;
  throw refused('--alias', text, '1 to 64 of A-Z, a-z, 0-9, ".", "_", "-", and no tag');
}

/** Checks a tag. @throws CommandFault */
export function parseTag(text: string): string {
  if (isTag(text)) return text;
  throw refused('tag', text, 'contracts-<YYYYMMDD>-<8 hexadecimal digits>');
}

function refused(option: string, text: string, want: string): CommandFault {
  return new CommandFault(
    EXIT.usage,
    `Cannot use ${option} ${JSON.stringify(text)}: it is none (want ${want})`,
  );
}
