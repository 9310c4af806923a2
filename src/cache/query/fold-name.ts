/**
 * Folds a name for look-ups. Whoever writes `name_normalized` and whoever asks for it fold alike: NFKC, then lower case of all
 * scripts.
 */
export function foldName(name: string): string {
  return name.toWellFormed().normalize('NFKC').toLowerCase();
}

/**
 * Gives the first text behind all that begin with a prefix, in the order of their bytes in UTF-8, which is that of their code
 * points. `undefined`: nothing comes behind them.
 */
export function behindPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    // Between them lie the surrogates, which are not characters.
    const next = last === 0xd7_ff ? 0xe0_00 : last + 1;
    if (next <= 0x10_ff_ff) return String.fromCodePoint(...points, next);
  }
  return undefined;
}
