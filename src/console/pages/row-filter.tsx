import { useState } from 'preact/hooks';
import type { TableDeclaration } from '#console/pages/dataset-shape';

/** Which rows are asked for, as the address and the registry write it. Both empty: all of them. */
export interface RowFilter {
  readonly key: string;
  readonly range: string;
}

export interface RowFilterProps {
  readonly table: TableDeclaration;
  readonly tables: readonly TableDeclaration[];
  readonly begin: RowFilter;
  /** Whether it begins with all rows. */
  readonly isAll: boolean;
  readonly onTable: (name: string) => void;
  readonly onAsk: (filter: RowFilter) => void;
}

type By = 'key' | 'range' | 'all';
type Stretch = readonly [within: string, start: string, end: string];

/** A field for each column that rows of a table are found by. */
export function RowFilterForm({ table, tables, begin, isAll, onTable, onAsk }: RowFilterProps) {
  const { key: columns = [], range } = table;
  const [by, setBy] = useState<By>(isAll ? 'all' : byOf(begin, table));
  const [values, setValues] = useState(valuesOf(begin.key));
  const [stretch, setStretch] = useState(stretchOf(begin.range));
  const ask = (event: Event): void => {
    event.preventDefault();
    onAsk({
      key: by === 'key' ? keyText(values) : '',
      range: by === 'range' ? `${stretch[0]}:${stretch[1]}-${stretch[2]}` : '',
    });
  };
  return (
    <form class="row filters" onSubmit={ask}>
      <label>
        Table
        <select value={table.name} onChange={(event) => onTable(event.currentTarget.value)}>
          {tables.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Rows by
        <select value={by} onChange={(event) => setBy(event.currentTarget.value as By)}>
          {columns.length > 0 && <option value="key">{columns.join(', ')}</option>}
          {range !== undefined && (
            <option value="range">
              {range.within}, {range.start} to {range.end}
            </option>
          )}
          <option value="all">all of them</option>
        </select>
      </label>
      {by === 'key' && <KeyFields columns={columns} values={values} onInput={setValues} />}
      {by === 'range' && range !== undefined && (
        <RangeFields range={range} stretch={stretch} onInput={setStretch} />
      )}
      <button type="submit" class="primary">
        Ask
      </button>
    </form>
  );
}

interface KeyProps {
  readonly columns: readonly string[];
  readonly values: readonly string[];
  readonly onInput: (values: readonly string[]) => void;
}

function KeyFields({ columns, values, onInput }: KeyProps) {
  return (
    <>
      {columns.map((column, index) => (
        <label key={column}>
          {column}
          <input
            value={values[index] ?? ''}
            // The columns behind it may be left out, the ones before may not: rows lie in their order.
            required={index === 0}
            onInput={(event) =>
              onInput(
                columns.map((_, at) =>
                  at === index ? event.currentTarget.value : (values[at] ?? ''),
                ),
              )
            }
          />
        </label>
      ))}
    </>
  );
}

interface RangeProps {
  readonly range: NonNullable<TableDeclaration['range']>;
  readonly stretch: Stretch;
  readonly onInput: (stretch: Stretch) => void;
}

function RangeFields({ range, stretch: [within, start, end], onInput }: RangeProps) {
  return (
    <>
      <label>
        {range.within}
        <input
          value={within}
          required
          size={6}
          onInput={(event) => onInput([event.currentTarget.value, start, end])}
        />
      </label>
      <label>
        from {range.start}
        <input
          value={start}
          required
          inputMode="numeric"
          size={12}
          onInput={(event) => onInput([within, event.currentTarget.value, end])}
        />
      </label>
      <label>
        to {range.end}
        <input
          value={end}
          required
          inputMode="numeric"
          size={12}
          onInput={(event) => onInput([within, start, event.currentTarget.value])}
        />
      </label>
    </>
  );
}

function byOf({ key, range }: RowFilter, table: TableDeclaration): By {
  if (range !== '' && table.range !== undefined) return 'range';
  if (key !== '') return 'key';
  if (table.range !== undefined) return 'range';
  return table.key === undefined ? 'all' : 'key';
}

/** Reads a key as the address has it: one value, or a JSON array of the first ones. */
function valuesOf(key: string): readonly string[] {
  if (!key.startsWith('[')) return [key];
  try {
    const found: unknown = JSON.parse(key);
    return Array.isArray(found) ? found.map(String) : [key];
  } catch {
    return [key];
  }
}

function keyText(values: readonly string[]): string {
  const firstEmpty = values.indexOf('');
  const given = firstEmpty === -1 ? values : values.slice(0, firstEmpty);
  const [only = ''] = given;
  return given.length === 1 && !only.startsWith('[') ? only : JSON.stringify(given);
}

function stretchOf(range: string): Stretch {
  const [, within = '', start = '', end = ''] = /^(.*):(\d+)-(\d+)$/.exec(range) ?? [];
  return [within, start, end];
}
