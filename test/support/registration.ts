/** The body that registers a dataset, with what a test wants otherwise. */
export function registration(name: string, rest: object = {}): object {
  return { name, schema_fingerprint: 'sha256:one', objects: [], row_count: 1, ...rest };
}
