import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { isPlainAsker, type Problem, send } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import { ProblemNote } from '#console/parts/notes';

/** How long the bytes are kept for a browser that has not begun to save them. */
const KEPT_MS = 60_000;

export interface DownloadProps {
  readonly path: string;
  /** The name that the file gets. */
  readonly name: string;
  readonly children: ComponentChildren;
}

/** Saves what the registry answers as a file. A link sends neither token nor scope: with them, the page fetches it itself. */
export function Download({ path, name, children }: DownloadProps) {
  const [problem, setProblem] = useState<Problem | undefined>();
  if (isPlainAsker())
    return (
      <a href={path} download={name}>
        {children}
      </a>
    );
  const save = (): void => {
    void fetchFile(path, name).then(
      () => setProblem(undefined),
      (error: unknown) => setProblem(problemFrom(error)),
    );
  };
  return (
    <>
      <button type="button" class="small" onClick={save}>
        {children}
      </button>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </>
  );
}

async function fetchFile(path: string, name: string): Promise<void> {
  const bytes = await (await send(path, {})).blob();
  const address = URL.createObjectURL(bytes);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
