/** Where something begins in a text. Both count from 1; a column is one UTF-16 unit. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Prepares a text for questions about places: the answer turns an offset in UTF-16 units into a line and a column.
 * Only line feeds end lines. The text is read once, and each question costs a binary search.
 */
export function placesOf(text: string): (offset: number) => TextPlace {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
