import { signal } from '@preact/signals';

/** Whether nobody can see the page: its tab is behind another, or its window is closed up. */
export const isHidden = signal(document.hidden);

document.addEventListener('visibilitychange', () => {
  isHidden.value = document.hidden;
});

/** Waits until the page is seen, or not, or until the signal aborts. */
export async function until(hidden: boolean, ended: AbortSignal): Promise<void> {
  if (isHidden.peek() === hidden || ended.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      forget();
      ended.removeEventListener('abort', end);
      resolve();
    };
    const forget = isHidden.subscribe((value) => {
      if (value === hidden) queueMicrotask(end);
    });
    ended.addEventListener('abort', end);
  });
}
