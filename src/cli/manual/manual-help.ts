import { type Command, Help } from 'commander';
import pc from 'picocolors';
import { EXIT, EXIT_MEANINGS, type ExitCode, type ExitTexts } from '#cli/command/exit-code';

/** What the manual says of a command beside its one sentence, its arguments and its options. */
export interface ManualParts {
  /** Paragraphs under that sentence, with empty lines between them. */
  readonly about?: string;
  /** Variables that the command looks at, and what for. */
  readonly environment?: readonly (readonly [name: string, text: string])[];
  /** What is typed. */
  readonly examples?: readonly string[];
  /** What exit codes mean for this command; the others mean what they mean everywhere. */
  readonly exits?: ExitTexts;
  /** Pages and commands to read next. */
  readonly seeAlso?: readonly string[];
}

/** A term and what it means. */
type Item = readonly [term: string, text: string];

const INDENT = 4;
const TERM_MAX = 30;
/** Narrower than this, a text stands under its term. */
const COLUMNS_MIN = 64;
const WIDTH_MIN = 20;
const WIDTH_MAX = 100;

/** Writes the help of a command as a page of a manual. */
export class ManualHelp extends Help {
  readonly #parts: ManualParts;

  constructor(parts: ManualParts) {
    super();
    this.#parts = parts;
    this.minWidthToWrap = 1;
  }

  override formatHelp(command: Command, helper: Help): string {
    const { environment = [], examples = [] } = this.#parts;
    const path = pathOf(command);
    const options = helper
      .visibleOptions(command)
      .map((one): Item => [helper.optionTerm(one), helper.optionDescription(one)]);
    const given = command.registeredArguments.map(
      (one): Item => [`<${one.name()}>`, helper.argumentDescription(one)],
    );
    const below = helper
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help')
      .map((one): Item => [one.name(), helper.subcommandDescription(one)]);
    const sections: readonly (readonly [head: string, lines: readonly string[]])[] = [
      ['NAME', this.#paragraph(`${path} - ${command.description()}`)],
      ['SYNOPSIS', this.#paragraph(helper.commandUsage(command))],
      ['DESCRIPTION', this.#about()],
      ['ARGUMENTS', this.#items(given)],
      ['OPTIONS', this.#items(options)],
      ['COMMANDS', this.#items(below)],
      ['ENVIRONMENT', this.#items(environment)],
      ['EXAMPLES', examples.flatMap((text) => text.split('\n')).map(indented)],
      ['EXIT CODES', this.#items(this.#exits())],
      ['SEE ALSO', this.#paragraph(this.#seeAlso(command).join(', '))],
    ];
    const shown = sections.filter(([, lines]) => lines.length > 0);
    return `${shown.map(([head, lines]) => [helper.styleTitle(head), ...lines].join('\n')).join('\n\n')}\n`;
  }

  // Commander takes colours out again where they are not wanted.
  override styleTitle(title: string): string {
    return pc.createColors(true).bold(title);
  }

  #about(): readonly string[] {
    const { about = '' } = this.#parts;
    if (about.trim() === '') return [];
    const paragraphs = about.trim().split(/\n{2,}/);
    const written = paragraphs.map((text) =>
      this.#paragraph(text.replaceAll(/\s*\n\s*/g, ' ')).join('\n'),
    );
    return written.join('\n\n').split('\n');
  }

  #exits(): readonly Item[] {
    const own: ExitTexts = this.#parts.exits ?? {};
    const codes: readonly ExitCode[] = Object.values(EXIT);
    return codes.map((code) => [String(code), own[code] ?? EXIT_MEANINGS[code].means]);
  }

  #seeAlso(command: Command): readonly string[] {
    const { seeAlso = [] } = this.#parts;
    const above = command.parent;
    const group = above?.parent === undefined || above.parent === null ? [] : [pathOf(above)];
    return [...new Set([...group, ...seeAlso, 'docs/cli.md'])];
  }

  #paragraph(text: string, indent = INDENT): readonly string[] {
    const room = Math.max(WIDTH_MIN, this.#width() - indent);
    return this.boxWrap(text, room)
      .split('\n')
      .map((line) => `${' '.repeat(indent)}${line}`.trimEnd());
  }

  #items(items: readonly Item[]): readonly string[] {
    const longest = Math.max(0, ...items.map(([term]) => term.length));
    const column = INDENT + Math.min(longest, TERM_MAX) + 2;
    return items.flatMap(([term, text]) => {
      const head = indented(term);
      if (this.#width() < COLUMNS_MIN) return [head, ...this.#paragraph(text, 2 * INDENT)];
      const [first = '', ...rest] = this.#paragraph(text, column);
      if (head.length > column - 2) return [head, first, ...rest];
      return [`${head.padEnd(column)}${first.trimStart()}`.trimEnd(), ...rest];
    });
  }

  #width(): number {
    return Math.min(this.helpWidth ?? WIDTH_MAX, WIDTH_MAX);
  }
}

function indented(line: string): string {
  return `${' '.repeat(INDENT)}${line}`;
}

function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}
