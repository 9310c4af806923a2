import type { CommandNode } from '#cli/manual/command-tree';

/** Writes the completion of a program for bash. Where it knows nothing, bash completes the names of files. */
export function bashCompletion(program: string, nodes: readonly CommandNode[]): string {
  const known = nodes.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`);
  return `# Completion of ${program} for bash: source <(${program} completion bash)
_${nameOf(program)}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  local at= next words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      ${known.join('|')}) at=$next ;;
    esac
  done
  case "$at $before" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${nodes.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${nameOf(program)} ${program}
`;
}

/** After an option that takes a value come its values, and nothing else. */
function valueCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ long, choices }) => {
      const values =
        choices.length === 0
          ? ''
          : ` COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$current"));`;
      return `    "${path} ${long}")${values} return ;;`;
    });
}

function wordCase({ path, commands, arguments: given, options }: CommandNode): string {
  const words = [
    ...commands.map(({ name }) => name),
    ...given.flatMap(({ choices }) => choices),
    ...options.map(({ long }) => long),
  ];
  return `    "${path}") words="${words.join(' ')}" ;;`;
}

function nameOf(program: string): string {
  return program.replaceAll('-', '_');
}
