import { EXIT_MEANINGS } from '#cli/command/exit-code';
import { type CommandNode, commandNodes } from '#cli/manual/command-tree';
import { wholeProgram } from '#test/support/whole-program';

const MARKS = ['commands', 'exit-codes'] as const;
type Mark = (typeof MARKS)[number];

/** Lists every command that does something, as a table in Markdown. */
function commandTable(): string {
  const rows = commandNodes(wholeProgram())
    .filter(({ path, commands }) => path !== '' && commands.length === 0)
    .map((node) => `| ${synopsis(node)} | ${node.description} |`);
  return ['| command | what it does |', '| --- | --- |', ...rows, ''].join('\n');
}

function synopsis({ path, arguments: given }: CommandNode): string {
  const words = given.map(({ name, isRequired }) => (isRequired ? `<${name}>` : `[${name}]`));
  return `\`${[path, ...words].join(' ')}\``;
}

/** Lists the exit codes as a table in Markdown. */
function exitCodeTable(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(
    ([code, { means, todo }]) => `| ${code} | ${means} | ${todo} |`,
  );
  return ['| code | what it means | what to do |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

/** Puts both tables between their marks. @throws Error when the document has none */
export function withCommandTables(document: string): string {
  const tables: Readonly<Record<Mark, string>> = {
    commands: commandTable(),
    'exit-codes': exitCodeTable(),
  };
  return MARKS.reduce((text, mark) => {
    const [begin, end] = [`<!-- ${mark}:begin -->\n`, `<!-- ${mark}:end -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined)
      throw new Error(`The document has no marks for ${mark}`);
    return `${before}${begin}${tables[mark]}${end}${after}`;
  }, document);
}
