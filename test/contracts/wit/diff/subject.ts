import { checkWit } from '#contracts/wit/check-wit';
import type { WitSource } from '#contracts/wit/resolve';

type Valid = Extract<ReturnType<typeof checkWit>, { readonly kind: 'valid' }>;

/** Checks one text that is known to be valid. Dependencies are whole texts. */
export function subject(text: string, dependencies: readonly string[] = []): Valid {
  const others = dependencies.map((other, index): WitSource => ({ path: `${index}`, text: other }));
  const checked = checkWit([{ path: 'a.wit', text }], { dependencies: others });
  if (checked.kind === 'refused')
    throw new Error(JSON.stringify([checked.faults, text.slice(0, 500)]));
  return checked;
}
