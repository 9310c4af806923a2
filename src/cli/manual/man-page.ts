import type { CommandNode } from '#cli/manual/command-tree';

export interface ManPageOptions {
  readonly program: string;
  readonly version: string;
}

/** What stands at the head of the page or of a command already. */
const SAID = new Set(['NAME']);

/** Writes the manual page of a program in the language of man(7): each command as its own help has it. */
export function manPage(
  nodes: readonly CommandNode[],
  { program, version }: ManPageOptions,
): string {
  const [root, ...below] = nodes;
  return `${[
    '.\\" Made from the commands: make man-page',
    `.TH ${program.toUpperCase()} 1 "" "${program} ${version}" "User Commands"`,
    '.SH NAME',
    `${plain(program)} \\- ${plain(root?.description ?? '')}`,
    ...(root === undefined ? [] : sectionsOf(root, '.SH')),
    ...below.flatMap((node) =>
      [`.SH "${node.path.toUpperCase()}"`, plain(node.description)].concat(sectionsOf(node, '.SS')),
    ),
  ].join('\n')}\n`;
}

/** The sections of a help, each under a heading of the page. */
function sectionsOf({ help }: CommandNode, heading: '.SH' | '.SS'): readonly string[] {
  const sections = help.trimEnd().split(/\n(?=[A-Z])/);
  return sections.flatMap((section) => {
    const [head = '', ...lines] = section.trimEnd().split('\n');
    if (SAID.has(head)) return [];
    return [`${heading} ${head}`, '.nf'].concat(lines.map(lineOf), '.fi');
  });
}

function lineOf(line: string): string {
  // The page indents by itself.
  return plain(line.replace(/^ {4}/, ''));
}

/** Writes a line so that it is shown as it is: no escapes, no requests, and dashes that can be copied. */
function plain(line: string): string {
  const text = line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
