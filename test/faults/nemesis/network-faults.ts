import { setTimeout as delay } from 'node:timers/promises';
import type { Bed } from '#test/faults/bed/bed';
import type { Link, LinkMode } from '#test/faults/bed/link';
import type { Fault, FaultContext, FaultEffect } from '#test/faults/nemesis/fault';

const CLOG_MS = 150;
const PART_MS_MIN = 500;

interface Parting {
  readonly target: string;
  readonly links: readonly Link[];
  readonly mode: LinkMode;
  readonly delayMs?: number;
}

async function part(
  { random, lastsMs }: FaultContext,
  { target, links, mode, delayMs = 0 }: Parting,
): Promise<FaultEffect> {
  for (const link of links) link.set(mode, delayMs);
  await delay(Math.max(PART_MS_MIN, random.next() * lastsMs));
  const hadEffect = links.some((link) => link.held > 0);
  for (const link of links) link.set('open');
  return { target, hadEffect };
}

function routesOf({ brokers }: Bed, index: number): Link[] {
  return [...brokers.routes]
    .filter(([name]) => name.split('>').includes(String(index)))
    .map(([, link]) => link);
}

function clientsOf({ nodes }: Bed, index: number): Link[] {
  return nodes.flatMap(({ links }) => links[index] ?? []);
}

const isCluster: Fault['fits'] = ({ brokers }) => brokers.processes.length > 1;

/** Faults of the network between brokers, and between nodes and brokers. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: 'part one broker from the others',
    fits: isCluster,
    run: async (context) => {
      const index = (await context.bed.brokers.leaderOf('REGISTRY')) ?? 0;
      const links = routesOf(context.bed, index);
      return await part(context, { target: `broker ${index}`, links, mode: 'hole' });
    },
  },
  {
    name: 'part one broker from everybody',
    fits: isCluster,
    run: async (context) => {
      const index = (await context.bed.brokers.leaderOf('REGISTRY')) ?? 0;
      const links = [...routesOf(context.bed, index), ...clientsOf(context.bed, index)];
      return await part(context, { target: `broker ${index}`, links, mode: 'hole' });
    },
  },
  {
    name: 'part every broker from every other',
    fits: isCluster,
    run: async (context) => {
      const links = [...context.bed.brokers.routes.values()];
      return await part(context, { target: 'all routes', links, mode: 'cut' });
    },
  },
  {
    name: 'part one way',
    fits: isCluster,
    run: async (context) => {
      const index = context.random.int(context.bed.brokers.processes.length);
      const links = routesOf(context.bed, index);
      return await part(context, { target: `routes of broker ${index}`, links, mode: 'deaf' });
    },
  },
  {
    name: 'clog a broker',
    fits: () => true,
    run: async (context) => {
      const index = context.random.int(context.bed.brokers.processes.length);
      const links = [...routesOf(context.bed, index), ...clientsOf(context.bed, index)];
      const delayMs = CLOG_MS;
      return await part(context, { target: `broker ${index}`, links, mode: 'open', delayMs });
    },
  },
  {
    name: 'part a node from the brokers',
    fits: () => true,
    run: async (context) => {
      const { nodes } = context.bed;
      const node = nodes[context.random.int(nodes.length)];
      const mode = context.random.pick<LinkMode>(['cut', 'hole']);
      return await part(context, { target: node?.name ?? '', links: node?.links ?? [], mode });
    },
  },
  {
    name: 'let a node hear nothing of the brokers',
    fits: () => true,
    run: async (context) => {
      const { writers } = context.bed;
      const node = writers[context.random.int(writers.length)];
      return await part(context, {
        target: node?.name ?? '',
        links: node?.links ?? [],
        mode: 'deaf',
      });
    },
  },
];
