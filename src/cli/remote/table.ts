import pc from 'picocolors';
import type { CommandHost } from '#cli/command/command-host';
import { printable } from '#cli/command/printable';
import { widthOf } from '#cli/command/progress';

/** Text in columns, with a head. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Writes a table. On a terminal no line is wider than it is; elsewhere nothing is cut. */
export function writeTable(
  { head, rows }: TextTable,
  { out, colours }: Pick<CommandHost, 'out' | 'colours'>,
): string {
  const { bold } = pc.createColors(colours);
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, at) =>
    all.reduce((widest, row) => Math.max(widest, (row[at] ?? '').length), 0),
  );
  const room = out.isTTY === true ? widthOf(out) : Infinity;
  const lines = all.map((row) => {
    const line = row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
    const whole = line.trimEnd();
    return whole.length > room ? `${whole.slice(0, room - 1)}…` : whole;
  });
  return `${lines.map((line, at) => (at === 0 ? bold(line) : line)).join('\n')}\n`;
}
