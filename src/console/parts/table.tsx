import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { countText } from '#console/parts/words';

/** Rows that are shown at first: a manifest may list ten thousand objects. */
const ROWS_MAX = 200;

export interface Column<T> {
  readonly title: string;
  readonly show: (row: T) => ComponentChildren;
  /** Whether it holds numbers, which stand at the right. */
  readonly isNumber?: boolean;
}

export interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
}

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export function Table<T>({ label, rows, columns, keyOf }: TableProps<T>) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, ROWS_MAX);
  return (
    <>
      <div class="table" role="group" aria-label={label} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map(({ title, isNumber }) => (
                <th key={title} scope="col" class={isNumber === true ? 'number' : ''}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={keyOf(row)}>
                {columns.map(({ title, show, isNumber }) => (
                  <td key={title} class={isNumber === true ? 'number' : ''}>
                    {show(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && (
        <p class="row">
          <span class="quiet">
            {countText(shown.length)} of {countText(rows.length)} are shown.
          </span>
          <button type="button" onClick={() => setIsWhole(true)}>
            Show all
          </button>
        </p>
      )}
    </>
  );
}
