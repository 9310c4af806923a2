import type { CommandNode } from '#cli/manual/command-tree';

export interface ManPageOptions {
  readonly program: string;
  readonly version: string;
}

const ENVIRONMENT = [
  ['ATLAS_TOKEN', 'The token or API key that commands send.'],
  [
    'ATLAS_CLIENT_CERT, ATLAS_CLIENT_KEY',
    'The certificate that commands show to a registry that asks for one.',
  ],
  ['NO_COLOR', 'Turns colours off.'],
] as const;

/** Writes the manual page of a program in the language of man(7): each command as its own help has it. */
export function manPage(
  nodes: readonly CommandNode[],
  { program, version }: ManPageOptions,
): string {
  const [root] = nodes;
  return `${[
    '.\\" Made from the commands: make man-page',
    `.TH ${program.toUpperCase()} 1 "" "${program} ${version}" "User Commands"`,
    '.SH NAME',
    `${plain(program)} \\- ${plain(root?.description ?? '')}`,
    '.SH SYNOPSIS',
    `.B ${plain(program)}`,
    '.I command',
    '[options]',
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, text]) => ['.TP', `.B ${plain(name)}`, plain(text)]),
    'Settings of a registry are listed in the README.',
    ...nodes.flatMap(({ path, help }) => [
      `.SH "${path === '' ? 'COMMANDS' : path.toUpperCase()}"`,
      '.nf',
      ...help.trimEnd().split('\n').map(plain),
      '.fi',
    ]),
  ].join('\n')}\n`;
}

/** Writes a line so that it is shown as it is: no escapes, no requests, and dashes that can be copied. */
function plain(line: string): string {
  const text = line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
