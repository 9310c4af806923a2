import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary } from 'preact/hooks';
import { problemFrom } from '#console/api/use-answer';
import { ProblemNote } from '#console/parts/notes';

export interface CaughtProps {
  /** Which page it is: another one may do better. */
  readonly of: string;
  readonly children: ComponentChildren;
}

/** Shows a page, or what it failed of: the way to other pages stays. */
export function Caught({ of, children }: CaughtProps) {
  const [error, again] = useErrorBoundary();
  useEffect(() => again(), [of]);
  if (error === undefined) return <>{children}</>;
  return <ProblemNote problem={problemFrom(error)} again={again} />;
}
