import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import { SHORT_TEXT } from '#domain/column-contract';
import { type Part, readText } from '#domain/definition-reader';

/** Gives the ids of columns as they are written, also of columns that have faults: their keys are not wrong for that. */
export function columnIdsOf(columns: unknown): readonly string[] {
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column: unknown) => {
    const id = isJsonObject(column) ? own(column, 'id') : undefined;
    return typeof id === 'string' ? [id] : [];
  });
}

/** Notes a fault for each alias that is a name of another column. */
export function refuseSharedNames({ value, path, faults }: Part): void {
  if (!Array.isArray(value)) return;
  const owners = new Map(columnIdsOf(value).map((id) => [id, id]));
  for (const [at, column] of value.entries()) {
    const [id, aliases] = isJsonObject(column)
      ? [own(column, 'id'), own(column, 'aliases')]
      : [undefined, undefined];
    if (typeof id !== 'string' || !Array.isArray(aliases)) continue;
    for (const [index, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      if (owner === undefined) owners.set(alias, id);
      else
        faults.add(
          `${path}/${at}/aliases/${index}`,
          `is a name of column ${JSON.stringify(owner)} (want another alias)`,
        );
    }
  }
}

/** Reads the id of a column that has to be there. */
export function readColumnId(part: Part, names: ReadonlySet<string>): string | undefined {
  const id = readText(part, SHORT_TEXT);
  if (id !== undefined && !names.has(id))
    part.faults.add(part.path, `is ${JSON.stringify(id)} (want the id of a column)`);
  return id;
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
