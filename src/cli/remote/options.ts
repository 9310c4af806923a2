import { type Command, InvalidArgumentError } from 'commander';
import { newIdempotencyKey } from '#api-client/artifact-digest';

/** How many of a list are shown. */
export const SHOWN_DEFAULT = 100;
const SHOWN_MAX = 1_000_000;

/** Adds the option that names the past. */
export function addAt(command: Command): Command {
  return command.option(
    '--at <time>',
    'as it stood: a position, or a time such as 2026-01-31T12:00:00Z (default: now)',
  );
}

/** Adds the option that bounds a list. */
export function addLimit(command: Command): Command {
  return command.option(
    '--limit <count>',
    'how many are shown at most',
    wholeNumber(1, SHOWN_MAX),
    SHOWN_DEFAULT,
  );
}

/** Adds the option that makes a command safe to run again. Before the command begins it has a key, which its errors can name. */
export function addIdempotencyKey(command: Command): Command {
  const name = 'idempotencyKey';
  return command
    .option(
      '--idempotency-key <key>',
      'running it again with the same key gives the first answer (default: a new one each time)',
    )
    .hook('preAction', (_, action) => {
      if (action.getOptionValue(name) === undefined)
        action.setOptionValueWithSource(name, newIdempotencyKey(), 'default');
    });
}

/** Makes the parser of an option that takes a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Want a whole number from ${min} to ${max}.`);
  };
}
