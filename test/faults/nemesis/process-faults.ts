import { setTimeout as delay } from 'node:timers/promises';
import type { BedNode } from '#test/faults/bed/bed';
import type { FaultyProcess } from '#test/faults/bed/process';
import type { Fault, FaultContext, FaultEffect } from '#test/faults/nemesis/fault';

const DOWN_MS = 300;
const PAUSE_MS_MIN = 200;
const HOUR_MS = 3_600_000;

async function choose(
  { bed, random }: FaultContext,
  which: 'any' | 'leader',
): Promise<FaultyProcess> {
  const { processes } = bed.brokers;
  const leader = which === 'leader' ? await bed.brokers.leaderOf('REGISTRY') : undefined;
  return processes[leader ?? random.int(processes.length)] as FaultyProcess;
}

async function killed(
  process: FaultyProcess,
  again: () => void,
  downMs: number,
): Promise<FaultEffect> {
  const hadEffect = await process.end('SIGKILL');
  await delay(downMs);
  again();
  return { target: process.name, hadEffect };
}

async function paused(process: FaultyProcess, ms: number): Promise<FaultEffect> {
  process.signal('SIGSTOP');
  await delay(Math.min(20, ms));
  const hadEffect = process.isPaused;
  await delay(ms);
  process.signal('SIGCONT');
  return { target: process.name, hadEffect };
}

/** A pause is short far more often than long. */
function pauseMs({ random, lastsMs }: FaultContext): number {
  return PAUSE_MS_MIN + random.next() ** 2 * Math.max(0, lastsMs - PAUSE_MS_MIN);
}

function nodeIn({ bed, random }: FaultContext, role?: BedNode['role']): BedNode {
  const fitting = role === undefined ? bed.nodes : bed.nodes.filter((node) => node.role === role);
  return fitting[random.int(fitting.length)] as BedNode;
}

function brokerFaults(): Fault[] {
  const fits = (): boolean => true;
  const isCluster: Fault['fits'] = ({ brokers }) => brokers.processes.length > 1;
  return [
    {
      name: 'kill a broker',
      fits,
      run: async (context) => {
        const broker = await choose(context, 'any');
        return await killed(broker, () => broker.start(), context.random.int(context.lastsMs));
      },
    },
    {
      name: 'kill the leading broker',
      fits: isCluster,
      run: async (context) => {
        const broker = await choose(context, 'leader');
        return await killed(broker, () => broker.start(), context.random.int(context.lastsMs));
      },
    },
    {
      name: 'kill all brokers',
      fits: isCluster,
      run: async ({ bed }) => {
        const { processes } = bed.brokers;
        const gone = await Promise.all(processes.map(async (one) => one.end('SIGKILL')));
        await delay(DOWN_MS);
        for (const process of processes) process.start();
        return { target: 'every broker', hadEffect: gone.every(Boolean) };
      },
    },
    {
      name: 'stop a broker gracefully',
      fits,
      run: async (context) => {
        const broker = await choose(context, 'leader');
        const hadEffect = await broker.end('SIGTERM');
        await delay(DOWN_MS);
        broker.start();
        return { target: broker.name, hadEffect };
      },
    },
    {
      name: 'pause a broker',
      fits,
      run: async (context) => await paused(await choose(context, 'leader'), pauseMs(context)),
    },
  ];
}

function nodeFaults(): Fault[] {
  const has =
    (role: BedNode['role']): Fault['fits'] =>
    ({ nodes }) =>
      nodes.some((node) => node.role === role);
  const kills = (['all', 'writer', 'reader', 'projector'] as const).map(
    (role): Fault => ({
      name: `kill a node in the role ${role}`,
      fits: has(role),
      run: async (context) => {
        const node = nodeIn(context, role);
        return await killed(node.process, () => node.process.start(), DOWN_MS);
      },
    }),
  );
  return [
    ...kills,
    {
      name: 'pause a node',
      fits: () => true,
      run: async (context) => await paused(nodeIn(context).process, pauseMs(context)),
    },
    {
      name: 'stop a node gracefully',
      fits: () => true,
      run: async (context) => {
        const node = nodeIn(context);
        const hadEffect = await node.process.end('SIGTERM');
        node.process.start();
        return { target: node.name, hadEffect };
      },
    },
    {
      name: 'set the clock of a node',
      fits: () => true,
      run: async (context) => {
        const node = nodeIn(context);
        const ms = (context.random.int(2) === 0 ? 1 : -1) * context.random.int(HOUR_MS);
        node.skew(ms);
        await delay(context.lastsMs);
        node.skew(0);
        return {
          target: `${node.name} by ${ms} ms`,
          hadEffect: ms !== 0 && node.process.isRunning,
        };
      },
    },
  ];
}

/** Faults of processes: killed, stopped, paused, with a wrong clock. */
export const PROCESS_FAULTS: readonly Fault[] = [...brokerFaults(), ...nodeFaults()];
