import { useMemo } from 'preact/hooks';

const TOKEN =
  /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** From here on a text is shown without colours: each of them is an element of the page. */
const COLOURED_MAX = 60_000;

/** A text of JSON in colours; any other stays as it is. It scrolls by itself, by keyboard too. */
export function JsonText({ text, label }: { readonly text: string; readonly label: string }) {
  const parts = useMemo(() => (text.length > COLOURED_MAX ? [text] : coloured(text)), [text]);
  return (
    <pre class="code" tabIndex={0} role="group" aria-label={label}>
      {parts}
    </pre>
  );
}

function coloured(text: string) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    if (match.index > end) parts.push(text.slice(end, match.index));
    const kind = string === undefined ? 'value' : colon === undefined ? 'string' : 'key';
    parts.push(<span class={`json-${kind}`}>{whole}</span>);
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts;
}
