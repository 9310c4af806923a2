import { useState } from 'preact/hooks';
import { ask, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import { ProblemNote } from '#console/parts/notes';

export interface PromoteProps {
  readonly name: string;
  readonly version: string;
}

interface Promoted {
  readonly status: string;
}

/** Publishes a version in another environment of the tenant, if the gate there lets it. */
export function ContractPromote({ name, version }: PromoteProps) {
  const [environment, setEnvironment] = useState('');
  const [done, setDone] = useState<string | undefined>();
  const [problem, setProblem] = useState<Problem | undefined>();
  const promote = (event: Event): void => {
    event.preventDefault();
    const path = `/registry/contracts/${encodeURIComponent(name)}/${encodeURIComponent(version)}/promote`;
    void ask<Promoted>(path, { method: 'POST', body: { toEnvironment: environment } }).then(
      ({ status }) => {
        setProblem(undefined);
        setDone(
          status === 'existing' ? `${environment} has it already` : `${environment} has it now`,
        );
      },
      (error: unknown) => {
        setDone(undefined);
        setProblem(problemFrom(error));
      },
    );
  };
  return (
    <details>
      <summary>Promote to another environment</summary>
      <form class="row filters" onSubmit={promote}>
        <label>
          Environment
          <input
            value={environment}
            placeholder="prod"
            required
            onInput={(event) => setEnvironment(event.currentTarget.value.trim())}
          />
        </label>
        <button type="submit">Promote {version}</button>
      </form>
      {done !== undefined && (
        <p class="note good" role="status">
          {done}
        </p>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
    </details>
  );
}
