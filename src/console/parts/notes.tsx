import type { ComponentChildren } from 'preact';
import type { Problem } from '#console/api/ask';
import type { Answer } from '#console/api/use-answer';
import { hrefOf } from '#console/shell/place';

/** Says what the registry refused, and what can be done. */
export function ProblemNote({
  problem,
  again,
}: {
  readonly problem: Problem;
  readonly again?: () => void;
}) {
  const { status, title, detail } = problem;
  return (
    <div class="note bad" role="alert">
      <strong>{title}</strong>
      <p>{detail}</p>
      {status === 403 && (
        <p>
          The token lacks a permission for this. <a href={hrefOf(['session'])}>Use another token</a>
          .
        </p>
      )}
      {status === 404 && (
        <p>
          Perhaps it belongs to another scope, or was not there yet at the moment that you look at.{' '}
          <a href={hrefOf(['session'])}>Change the scope</a>.
        </p>
      )}
      {again !== undefined && status !== 403 && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Says that there is nothing, and what would change that. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="note">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Says that an answer is waited for. */
export function Loading() {
  return (
    <p class="quiet" role="status">
      Loading…
    </p>
  );
}

export interface ShownProps<T> {
  readonly answer: Answer<T>;
  readonly again?: () => void;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows an answer, that it is waited for, or why there is none. */
export function Shown<T>({ answer, again, children }: ShownProps<T>) {
  if (answer.state === 'shown') return <>{children(answer.value)}</>;
  if (answer.state === 'failed')
    return <ProblemNote problem={answer.problem} {...(again === undefined ? {} : { again })} />;
  return <Loading />;
}
