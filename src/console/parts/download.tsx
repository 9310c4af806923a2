import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { isPlainAsker, type Problem, Refusal, send } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import { ProblemNote } from '#console/parts/notes';
import { bytesText } from '#console/parts/words';

/** How long the bytes are kept for a browser that has not begun to save them. */
const KEPT_MS = 60_000;
/** What a page fetches itself at most: it holds all of it in memory. */
const BYTES_MAX = 256 * 1_024 * 1_024;

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

function tooLarge(path: string, size: number): Problem {
  const command = `curl -fO -H "Authorization: Bearer $TOKEN" ${window.location.origin}${path}`;
  return {
    status: 0,
    title: 'Too large for the memory of a page',
    detail: `Cannot save ${bytesText(size)} from here: with a token or a scope a page holds all bytes before they are saved (want at most ${bytesText(BYTES_MAX)}, or the command line: ${command})`,
    code: 'CONSOLE',
  };
}

async function fetchFile(path: string, name: string): Promise<void> {
  const left = new AbortController();
  const response = await send(path, { signal: left.signal });
  const size = Number(response.headers.get('Content-Length') ?? 0);
  if (size > BYTES_MAX) {
    left.abort();
    throw new Refusal(tooLarge(path, size));
  }
  const bytes = await response.blob();
  const address = URL.createObjectURL(bytes);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
