/** A step from one thing to another that it needs. */
export interface Dependency<T, R> {
  readonly on: T;
  /** What the caller wants to know of it again. */
  readonly note: R;
}

export interface DependencyOrder<T, R> {
  /** What stands on no cycle and needs none, each after all that it needs. */
  readonly order: readonly T[];
  /** The first dependency on a cycle, in the order given. */
  readonly cycle: Dependency<T, R> | undefined;
}

/** Puts things after what they need, in time linear in the dependencies and without recursion. */
export function orderByDependency<T, R>(
  nodes: readonly T[],
  dependencies: (node: T) => readonly Dependency<T, R>[],
): DependencyOrder<T, R> {
  const needs = new Map(nodes.map((node) => [node, dependencies(node)]));
  const needed = new Map<T, Dependency<T, R>[]>(nodes.map((node) => [node, []]));
  for (const [node, list] of needs) {
    for (const { on, note } of list) needed.get(on)?.push({ on: node, note });
  }
  const order = peel(nodes, needs, needed);
  const done = new Set(order);
  const left = nodes.filter((node) => !done.has(node));
  // What merely needs a cycle is peeled off from the other side, so that the answer names one that stands on it.
  const above = new Set(peel(left, needed, needs));
  const onCycle = new Set(left.filter((node) => !above.has(node)));
  for (const node of onCycle) {
    const cycle = needs.get(node)?.find(({ on }) => onCycle.has(on));
    if (cycle !== undefined) return { order, cycle };
  }
  return { order, cycle: undefined };
}

function peel<T, R>(
  nodes: readonly T[],
  needs: ReadonlyMap<T, readonly Dependency<T, R>[]>,
  needed: ReadonlyMap<T, readonly Dependency<T, R>[]>,
): T[] {
  const within = new Set(nodes);
  const open = new Map<T, number>();
  for (const node of nodes) {
    open.set(node, (needs.get(node) ?? []).filter(({ on }) => within.has(on)).length);
  }
  const order = nodes.filter((node) => open.get(node) === 0);
  // The list grows while it is gone through: each thing that becomes free is looked at in its turn.
  for (const node of order) {
    for (const { on } of needed.get(node) ?? []) {
      const count = open.get(on);
      if (count === undefined) continue;
      open.set(on, count - 1);
      if (count === 1) order.push(on);
    }
  }
  return order;
}
