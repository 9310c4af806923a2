import type { CommandNode } from '#cli/manual/command-tree';

/** Writes the completion of a program for zsh, to be loaded or to lie in a folder of `fpath`. */
export function zshCompletion(program: string, nodes: readonly CommandNode[]): string {
  const own = `_${program.replaceAll('-', '_')}`;
  const known = nodes.filter(({ path }) => path !== '').map(({ path }) => `    ${quoted(path)}`);
  return `#compdef ${program}
# Completion of ${program} for zsh: source <(${program} completion zsh)
${own}() {
  local at= next before=\${words[CURRENT-1]} i
  local -a known below takes flags
  known=(
${known.join('\n')}
  )
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    (( \${known[(Ie)$next]} )) && at=$next
  done
  case "$at $before" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${nodes.map(wordCase).join('\n')}
  esac
  (( $#below )) && _describe -t commands command below
  (( $#takes )) && _describe -t values value takes
  (( $#below + $#takes )) || _files
  _describe -o -t options option flags
}
if [[ \${funcstack[1]} == _${program} ]]; then
  ${own} "$@"
else
  compdef ${own} ${program}
fi
`;
}

/** After an option that takes a value come its values, or files, or what only its user knows. */
function valueCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ long, choices, takesPath }) => {
      const values = choices.map(quoted).join(' ');
      const given = takesPath ? ' _files;' : '';
      const action = choices.length === 0 ? given : ` takes=(${values}); _describe value takes;`;
      return `    ${quoted(`${path} ${long}`)})${action} return 0 ;;`;
    });
}

function wordCase({ path, commands, arguments: given, options }: CommandNode): string {
  const below = commands.map(({ name, description }) => quoted(`${name}:${description}`));
  const takes = given.flatMap(({ choices }) => choices.map(quoted));
  const flags = options.map(({ long, description }) => quoted(`${long}:${description}`));
  return `    ${quoted(path)})
      below=(${below.join(' ')})
      takes=(${takes.join(' ')})
      flags=(${flags.join(' ')}) ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
