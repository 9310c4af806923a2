import type { CommandNode, OptionNode } from '#cli/manual/command-tree';

/** Writes the completion of a program for fish. */
export function fishCompletion(program: string, nodes: readonly CommandNode[]): string {
  const at = `__${program.replaceAll('-', '_')}_at`;
  const known = nodes.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const lines = nodes.flatMap((node) => {
    const when = `complete -c ${program} -n ${quoted(`${at} ${quoted(node.path)}`)}`;
    return linesOf(node).map((line) => `${when} ${line}`);
  });
  return `# Completion of ${program} for fish: ${program} completion fish | source
function ${at} --description 'Whether the words so far name this command'
  set -l known ${known.join(' ')}
  set -l words (commandline -opc)
  set -l at ''
  for word in $words[2..-1]
    set -l next (string trim -- "$at $word")
    if contains -- $next $known
      set at $next
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function linesOf({ commands, arguments: given, options }: CommandNode): string[] {
  const choices = given.flatMap((one) => one.choices);
  return [
    ...(commands.length + choices.length === 0 ? [] : ['-f']),
    ...commands.map(({ name, description }) => `-a ${name} -d ${quoted(description)}`),
    ...(choices.length === 0 ? [] : [`-a ${quoted(choices.join(' '))}`]),
    ...options.map(
      (option) => `-l ${option.long.slice(2)}${valueOf(option)} -d ${quoted(option.description)}`,
    ),
  ];
}

/** What comes after an option: one of its values, a file, or what only its user knows. */
function valueOf({ takesValue, takesPath, choices }: OptionNode): string {
  if (!takesValue) return '';
  if (takesPath) return ' -r -F';
  return choices.length === 0 ? ' -x' : ` -x -a ${quoted(choices.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
