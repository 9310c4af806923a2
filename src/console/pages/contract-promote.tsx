import { useState } from 'preact/hooks';
import { useCommand } from '#console/api/use-command';
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
  const { isSending, problem, post } = useCommand<Promoted>();
  const promote = (event: Event): void => {
    event.preventDefault();
    setDone(undefined);
    const path = `/registry/contracts/${encodeURIComponent(name)}/${encodeURIComponent(version)}/promote`;
    post(path, { toEnvironment: environment }, ({ status }) =>
      setDone(
        status === 'existing' ? `${environment} has it already` : `${environment} has it now`,
      ),
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
        <button type="submit" disabled={isSending}>
          Promote {version}
        </button>
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
