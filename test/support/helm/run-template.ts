import type { Block, Command, Node, Operand, Pipe } from '#test/support/helm/parse-template';
import { FUNCTIONS, isTrue, printed } from '#test/support/helm/template-functions';

interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, { value: unknown }>;
}

/** Templates by their names, and the files of the chart that they may read. */
export interface TemplateLibrary {
  readonly defined: Map<string, Block>;
  readonly files: (path: string) => string;
}

/** Runs a template with what `.` is. @throws Error for a key that is not there: Helm would print nothing, or `<no value>` */
export function runTemplate(block: Block, dot: unknown, library: TemplateLibrary): string {
  const scope: Scope = { dot, variables: new Map([['$', { value: dot }]]) };
  return new Run(library).block(block, scope);
}

class Run {
  readonly #library: TemplateLibrary;

  constructor(library: TemplateLibrary) {
    this.#library = library;
  }

  block(block: Block, scope: Scope): string {
    return block.map((node) => this.#node(node, scope)).join('');
  }

  #node(node: Node, scope: Scope): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'print':
        return printed(this.#pipe(node.pipe, scope));
      case 'define':
        return '';
      case 'set':
        return this.#set(node, scope);
      case 'if':
      case 'with': {
        const value = this.#pipe(node.pipe, scope);
        const chosen = isTrue(value) ? node.body : node.otherwise;
        const dot = node.kind === 'with' && isTrue(value) ? value : scope.dot;
        return this.block(chosen, inner(scope, dot));
      }
      case 'range':
        return this.#range(node, scope);
      default:
        return node satisfies never;
    }
  }

  #set(
    { name, declares, pipe }: Extract<Node, { kind: 'set' }>,
    { dot, variables }: Scope,
  ): string {
    const value = this.#pipe(pipe, { dot, variables });
    const known = variables.get(name);
    if (declares) variables.set(name, { value });
    else if (known === undefined) throw new Error(`${name} is not declared`);
    else known.value = value;
    return '';
  }

  #range({ names, pipe, body }: Extract<Node, { kind: 'range' }>, scope: Scope): string {
    const over = this.#pipe(pipe, scope);
    if (typeof over !== 'object' || over === null) throw new Error('Nothing to range over');
    // Maps go by their keys in order.
    const entries: [unknown, unknown][] = Array.isArray(over)
      ? over.map((item, index) => [index, item])
      : Object.entries(over).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map(([key, value]) => {
        const scoped = inner(scope, value);
        const given = names.length === 1 ? [value] : [key, value];
        for (const [at, name] of names.entries()) scoped.variables.set(name, { value: given[at] });
        return this.block(body, scoped);
      })
      .join('');
  }

  #pipe(pipe: Pipe, scope: Scope): unknown {
    let given: readonly unknown[] = [];
    for (const command of pipe) given = [this.#command(command, given, scope)];
    return given[0];
  }

  #command(command: Command, given: readonly unknown[], scope: Scope): unknown {
    const [first, ...rest] = command;
    if (first === undefined) throw new Error('A command is empty');
    const args = (): unknown[] => [...rest.map((one) => this.#operand(one, scope)), ...given];
    if (first.kind === 'name') return this.#call(first.name, args());
    if (first.kind === 'path' && first.keys.join('.') === 'Files.Get')
      return this.#library.files(String(args()[0]));
    if (rest.length > 0 || given.length > 0) throw new Error('Only functions take arguments');
    return this.#operand(first, scope);
  }

  #call(name: string, args: readonly unknown[]): unknown {
    if (name === 'include') {
      const block = this.#library.defined.get(String(args[0]));
      if (block === undefined) throw new Error(`There is no template "${String(args[0])}"`);
      return runTemplate(block, args[1], this.#library);
    }
    const known = FUNCTIONS[name];
    if (known === undefined) throw new Error(`"${name}" is outside of the subset of templates`);
    return known(...args);
  }

  #operand(operand: Operand, scope: Scope): unknown {
    switch (operand.kind) {
      case 'value':
        return operand.value;
      case 'pipe':
        return this.#pipe(operand.pipe, scope);
      case 'name':
        return this.#call(operand.name, []);
      case 'path':
        return at(operand, scope);
      default:
        return operand satisfies never;
    }
  }
}

function at({ root, keys }: Extract<Operand, { kind: 'path' }>, scope: Scope): unknown {
  if (root !== '.' && !scope.variables.has(root)) throw new Error(`${root} is not declared`);
  let value = root === '.' ? scope.dot : scope.variables.get(root)?.value;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      throw new Error(`There is no .${keys.join('.')}`);
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function inner({ variables }: Scope, dot: unknown): Scope {
  return { dot, variables: new Map(variables) };
}
