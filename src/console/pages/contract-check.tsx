import { useEffect, useState } from 'preact/hooks';
import { ask, asker, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import { useCommand } from '#console/api/use-command';
import { ComparisonView } from '#console/pages/contract-comparison';
import type { ContractCheck, Fault } from '#console/pages/contract-shape';
import { Badge } from '#console/parts/bits';
import { ProblemNote } from '#console/parts/notes';

/** How long nobody types before what was typed is checked. */
const QUIET_MS = 350;

const STARTER = `{
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": { "type": "string" }
  }
}`;

export interface EditorProps {
  /** Of which contract it would be a version; `undefined` lets the reader say. */
  readonly name: string | undefined;
  readonly text: string;
  readonly onPublished: (name: string, version: string) => void;
}

/** Checks a schema while somebody types, and publishes it when that would work. */
export function ContractCheckEditor({ name, text, onPublished }: EditorProps) {
  const [typedName, setTypedName] = useState('');
  const [version, setVersion] = useState('');
  const [schema, setSchema] = useState(text === '' ? STARTER : text);
  const { isSending, problem, post, forget } = useCommand<{ readonly version: string }>();
  const target = name ?? typedName;
  const found = useCheck(target, version, schema);
  const publish = (event: Event): void => {
    event.preventDefault();
    const body = { name: target, ...bodyOf(version, schema) };
    post('/registry/contracts', body, ({ version }) => onPublished(target, version));
  };
  return (
    <form class="editor" onSubmit={publish}>
      <div>
        {name === undefined && <NameField value={typedName} change={setTypedName} />}
        <label>
          Version (empty: the next one)
          <input
            value={version}
            onInput={(event) => setVersion(event.currentTarget.value.trim())}
          />
        </label>
        <label>
          JSON Schema
          <textarea
            rows={24}
            spellcheck={false}
            value={schema}
            onInput={(event) => {
              forget();
              setSchema(event.currentTarget.value);
            }}
          />
        </label>
      </div>
      <div aria-live="polite">
        {target === '' && (
          <p class="quiet">Say for which contract it is: then it is checked as you type.</p>
        )}
        {problem !== undefined && <ProblemNote problem={problem} />}
        {target !== '' && found === undefined && <p class="quiet">Checking…</p>}
        {found !== undefined && 'detail' in found && <ProblemNote problem={found} />}
        {found !== undefined && 'wouldPublish' in found && <Outcome check={found} />}
        <button type="submit" class="primary" disabled={target === '' || isSending}>
          Publish
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly value: string;
  readonly change: (value: string) => void;
}

function NameField({ value, change }: FieldProps) {
  return (
    <label>
      Name
      <input
        value={value}
        placeholder="sales.order-placed"
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}

function bodyOf(version: string, jsonSchema: string): object {
  return version === '' ? { jsonSchema } : { version, jsonSchema };
}

/** Asks what publishing would come to, once nobody has typed for a while. */
function useCheck(
  name: string,
  version: string,
  schema: string,
): ContractCheck | Problem | undefined {
  const [found, setFound] = useState<ContractCheck | Problem | undefined>();
  const who = asker.value;
  useEffect(() => {
    if (name === '') {
      setFound(undefined);
      return undefined;
    }
    const aborted = new AbortController();
    const timer = setTimeout(() => {
      const path = `/registry/contracts/${encodeURIComponent(name)}/check`;
      ask<ContractCheck>(path, {
        method: 'POST',
        body: bodyOf(version, schema),
        signal: aborted.signal,
      }).then(setFound, (error: unknown) => {
        if (!aborted.signal.aborted) setFound(problemFrom(error));
      });
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      aborted.abort();
    };
  }, [name, version, schema, who]);
  return found;
}

function Outcome({ check }: { readonly check: ContractCheck }) {
  const { wouldPublish, isThere, version, mode, level, reason, faults, warnings, comparisons } =
    check;
  const broken = comparisons.filter((comparison) => !comparison.isCompatible);
  const shown = broken.length > 0 ? broken : comparisons.slice(-1);
  return (
    <>
      <div class={`note ${wouldPublish ? 'good' : isThere ? 'warn' : 'bad'}`}>
        <strong>
          {wouldPublish
            ? `It would publish as ${version ?? 'a new version'}`
            : isThere
              ? `It is there already, as ${version ?? 'a version'}`
              : 'It would be refused'}
        </strong>
        <p>
          {mode !== undefined && <>Compatibility {mode}. </>}
          {level !== undefined && (
            <>
              Level <Badge of={level} />
            </>
          )}
        </p>
        {reason !== undefined && <p>{reason}</p>}
      </div>
      <Faults title="Faults" of={faults} />
      <Faults title="Warnings" of={warnings} />
      {shown.map((comparison) => (
        <section key={comparison.version} aria-label={`Against ${comparison.version}`}>
          <h2>Against {comparison.version}</h2>
          <ComparisonView comparison={comparison} />
        </section>
      ))}
    </>
  );
}

function Faults({ title, of }: { readonly title: string; readonly of: readonly Fault[] }) {
  if (of.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {of.map(({ message, line, column, pointer }) => (
          <li key={`${message} ${pointer ?? ''} ${line ?? ''}`}>
            {line !== undefined && (
              <strong>
                Line {line}, column {column}:{' '}
              </strong>
            )}
            {message}
          </li>
        ))}
      </ul>
    </section>
  );
}
