/** How a call has ended so far: neither while it has not. */
export interface Watched<T> {
  value?: T;
  error?: unknown;
}

/** Notes how a call has ended, without waiting for it. */
export function watch<T>(call: Promise<T>): Watched<T> {
  const noted: Watched<T> = {};
  call.then(
    (value) => {
      noted.value = value;
    },
    (error: unknown) => {
      noted.error = error;
    },
  );
  return noted;
}
