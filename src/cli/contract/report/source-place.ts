import type { JsonTools } from '#cli/command/command-host';
import type { ChangeAnswer, FaultAnswer } from '#cli/contract/answers';
import type { ContractInput, SourceFile } from '#cli/contract/contract-input';

/** Where in the files of a contract something stands. */
export interface SourcePlace {
  readonly path: string;
  /** Both count from 1; absent where only the file is known. */
  readonly line?: number;
  readonly column?: number;
}

type Locate = JsonTools['locate'];

/** Finds where a fault stands: by its own line, else by its pointer. `undefined` where no file is known. */
export function placeOfFault(
  fault: FaultAnswer,
  input: ContractInput | undefined,
  locate: Locate,
): SourcePlace | undefined {
  const file = fileOf(fault.part, fault.path, input);
  if (file?.path === undefined) return undefined;
  const { line, column, pointer } = fault;
  if (line !== undefined)
    return { path: file.path, line, ...(column === undefined ? {} : { column }) };
  return placeIn(file, pointer, locate);
}

/** Finds where a change stands in the files of the candidate: what is no more there, by what it stood in. */
export function placeOfChange(
  change: ChangeAnswer,
  input: ContractInput | undefined,
  locate: Locate,
): SourcePlace | undefined {
  const { part, before, after } = change;
  const file = fileOf(part, undefined, input);
  return file === undefined ? undefined : placeIn(file, after ?? before, locate);
}

function fileOf(
  part: string,
  path: string | undefined,
  input: ContractInput | undefined,
): SourceFile | undefined {
  if (input === undefined) return undefined;
  switch (part) {
    case 'wit':
      return input.wit.get(path ?? '') ?? [...input.wit.values()][0];
    case 'descriptor':
      return input.descriptor;
    default:
      return input.schema;
  }
}

function placeIn(
  { path, text }: SourceFile,
  pointer: string | undefined,
  locate: Locate,
): SourcePlace | undefined {
  if (path === undefined) return undefined;
  // An item of WIT is no pointer, and the file is all that is known of it.
  if (pointer !== '' && pointer?.startsWith('/') !== true) return { path };
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = locate(text, at);
    if (place !== undefined) return { path, line: place.line, column: place.column };
    if (at === '') return { path };
  }
}
