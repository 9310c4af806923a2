import { describe, expect, it } from 'vitest';
import { parseTemplate } from '#test/support/helm/parse-template';
import { runTemplate } from '#test/support/helm/run-template';

function render(source: string, dot: unknown = {}): string {
  const block = parseTemplate(source);
  const defined = new Map(
    block.flatMap((node) => (node.kind === 'define' ? [[node.name, node.body] as const] : [])),
  );
  return runTemplate(block, dot, { defined, files: (path) => `<${path}>` });
}

describe('the renderer of charts', () => {
  it.each([
    ['a {{- "b" -}} c', 'abc'],
    ['a\n  {{- if .x }} y{{ else }} n{{ end }}', 'a n'],
    ['{{ range $k, $v := .m }}{{ $k }}={{ $v }};{{ end }}', 'a=1;b=2;'],
    ['{{ range list "x" "y" }}{{ . }}{{ $.one }}{{ end }}', 'x1y1'],
    ['{{ with .m }}{{ .a }}{{ end }}{{ with .x }}{{ .a }}{{ else }}none{{ end }}', '1none'],
    ['{{ $v := "a" }}{{ if true }}{{ $v = "b" }}{{ end }}{{ $v }}', 'b'],
    ['{{ $v := "a" }}{{ if true }}{{ $v := "b" }}{{ end }}{{ $v }}', 'a'],
    ['{{ define "t" }}[{{ .a }}]{{ end }}{{ include "t" .m | indent 2 }}', '  [1]'],
    ['{{ "a_b" | replace "_" "-" | printf "x-%s" }}', 'x-a-b'],
    ['{{ toYaml .m | nindent 2 }}', '\n  a: 1\n  b: 2'],
    ['{{ default "d" .empty }}{{ .one | quote }}{{ add 1 2 3 }}', 'd"1"6'],
    ['{{ if and (not .x) (hasKey .m "a") (or .x .one) }}yes{{ end }}', 'yes'],
    ['{{- /* nothing */ -}}{{ .Files.Get "f" }}', '<f>'],
  ])('does what Helm does with %s', (source, text) => {
    expect(render(source, { m: { b: 2, a: 1 }, x: false, one: 1, empty: '', Files: {} })).toBe(
      text,
    );
  });

  it.each([
    ['a key that is not there', '{{ .nothing }}', 'There is no .nothing'],
    ['a variable that is not declared', '{{ $x }}', '$x is not declared'],
    ['a function outside of the subset', '{{ upper "a" }}', '"upper" is outside of the subset'],
    ['a template that is not there', '{{ include "x" . }}', 'There is no template "x"'],
    ['a number that Helm would write as 1e+06', '{{ .big }}', 'Cannot print 1000000'],
    ['such a number in a map', '{{ toYaml .map }}', 'Cannot print 1000000'],
    ['a map in the place of a text', '{{ .map }}', 'Cannot print {"a":1000000}'],
    ['a block without an end', '{{ if true }}', 'Nothing ends'],
    ['an end without a block', '{{ end }}', 'Nothing is open'],
    ['an action without an end', '{{ .big', 'An action has no end'],
    [
      'a branch of a kind that it does not have',
      '{{ if true }}{{ else if true }}{{ end }}',
      'Nothing ends',
    ],
    ['another verb of printf', '{{ printf "%d" 1 }}', 'printf knows %s alone'],
  ])('refuses %s', (_name, source, message) => {
    const dot = { big: 1_000_000, map: { a: 1_000_000 } };
    expect(() => render(source, dot)).toThrow(message);
  });
});
