/** How far a projection is behind the log. */
export interface Lag {
  readonly events: number;
  readonly seconds: number;
}

const LINE = /^atlas_projection_lag_(events|seconds)\{projection="([^"]+)"\} (\S+)$/gm;

/** Reads how far each projection is behind from the metrics of a node, by its name. */
export function lagIn(metrics: string): ReadonlyMap<string, Lag> {
  const lags = new Map<string, Lag>();
  for (const [, unit = '', name = '', value = ''] of metrics.matchAll(LINE)) {
    const before = lags.get(name) ?? { events: 0, seconds: 0 };
    lags.set(name, { ...before, [unit]: Number(value) });
  }
  return lags;
}
