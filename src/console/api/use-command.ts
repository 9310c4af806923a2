import { useRef, useState } from 'preact/hooks';
import { ask, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';

/** What somebody can have done, once at a time. */
export interface Command<T> {
  /** While it is, its button waits: a second press would be a second command. */
  readonly isSending: boolean;
  /** Why the last one was not done. */
  readonly problem: Problem | undefined;
  /** Posts it, and gives the answer to `done`. */
  readonly post: (path: string, body: object, done: (answer: T) => void) => void;
  readonly forget: () => void;
}

/** Sends commands of one button. */
export function useCommand<T>(): Command<T> {
  const [isSending, setIsSending] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  // Two presses may come before the button is drawn anew.
  const isBusy = useRef(false);
  const turn = (busy: boolean): void => {
    isBusy.current = busy;
    setIsSending(busy);
  };
  const send = async (path: string, body: object, done: (answer: T) => void): Promise<void> => {
    if (isBusy.current) return;
    turn(true);
    try {
      const answer = await ask<T>(path, { method: 'POST', body });
      setProblem(undefined);
      done(answer);
    } catch (error) {
      setProblem(problemFrom(error));
    } finally {
      turn(false);
    }
  };
  return {
    isSending,
    problem,
    forget: () => setProblem(undefined),
    post: (path, body, done) => void send(path, body, done),
  };
}
