import { useState } from 'preact/hooks';
import { useAnswer } from '#console/api/use-answer';
import { useCommand } from '#console/api/use-command';
import { ProblemNote } from '#console/parts/notes';

interface StateMachines {
  readonly stateMachines: readonly {
    readonly name: string;
    readonly steps: Readonly<Record<string, readonly string[]>>;
  }[];
}

/** Gives the stages that may follow one, as the registry says. */
export function useNextStages(machine: string, stage: string): readonly string[] {
  const [answer] = useAnswer<StateMachines>('/registry/state-machines');
  if (answer.state !== 'shown') return [];
  return answer.value.stateMachines.find(({ name }) => name === machine)?.steps[stage] ?? [];
}

const VERBS: Readonly<Record<string, string>> = {
  draft: 'Back to draft',
  pending_approval: 'Submit for approval',
  approved: 'Approve',
  active: 'Activate',
  deprecated: 'Deprecate',
  retired: 'Retire',
};

export interface StageButtonsProps {
  readonly name: string;
  readonly version: string;
  readonly stage: string;
  readonly again: () => void;
  /** Which things these are. Default: contracts. */
  readonly of?: 'contracts' | 'job-definitions';
}

/** The steps that a version can take from its stage. Each asks before it is taken: others see it at once. */
export function StageButtons({ name, version, stage, again, of = 'contracts' }: StageButtonsProps) {
  const next = useNextStages(of === 'contracts' ? 'contract-version' : 'definition-version', stage);
  const [chosen, setChosen] = useState<string | undefined>();
  const [notes, setNotes] = useState('');
  const { isSending, problem, post } = useCommand<unknown>();
  const change = (event: Event): void => {
    event.preventDefault();
    const path = `/registry/${of}/${encodeURIComponent(name)}/${encodeURIComponent(version)}/stage`;
    post(path, { stage: chosen, ...(notes === '' ? {} : { notes }) }, () => {
      setChosen(undefined);
      setNotes('');
      again();
    });
  };
  if (next.length === 0) return null;
  return (
    <div class="stages">
      <div class="row" role="group" aria-label="Change the stage">
        {next.map((to) => (
          <button
            type="button"
            key={to}
            aria-pressed={chosen === to}
            onClick={() => setChosen(chosen === to ? undefined : to)}
          >
            {VERBS[to] ?? to}
          </button>
        ))}
      </div>
      {chosen !== undefined && (
        <form class="row filters" onSubmit={change}>
          <label>
            Why (kept in the log)
            <input value={notes} onInput={(event) => setNotes(event.currentTarget.value)} />
          </label>
          <button type="submit" class="primary" disabled={isSending}>
            {VERBS[chosen] ?? chosen} {version} now
          </button>
        </form>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
    </div>
  );
}
