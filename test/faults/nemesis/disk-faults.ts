import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bed } from '#test/faults/bed/bed';
import type { FaultyProcess } from '#test/faults/bed/process';
import type { Fault, FaultContext } from '#test/faults/nemesis/fault';

const STRACE = '/usr/bin/strace';
const FLUSH_DELAY_US = 150_000;
const DOWN_MS = 200;

const hasDisk: Fault['fits'] = ({ options }) => options.disk !== undefined;
const hasStrace = (): boolean => existsSync(STRACE) && process.getuid?.() === 0;

async function killAll({ brokers, nodes }: Bed): Promise<FaultyProcess[]> {
  const all = [...nodes.map((node) => node.process), ...brokers.processes];
  await Promise.all(all.map(async (one) => one.end('SIGKILL')));
  // Brokers first: nodes connect to them.
  return all.toReversed();
}

/** Holds a process while something is done to its system calls. Gives whether any was met. */
async function traced(target: FaultyProcess, inject: string, ms: number): Promise<boolean> {
  const filter = [
    '-f',
    '-q',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    `inject=fsync,fdatasync:${inject}`,
  ];
  const tracer = spawn(STRACE, [...filter, '-p', String(target.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  tracer.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  await delay(ms);
  const gone = once(tracer, 'exit');
  tracer.kill('SIGINT');
  await gone;
  return /INJECTED|DELAYED/.test(said);
}

function brokerIn({ bed, random }: FaultContext): FaultyProcess {
  const { processes } = bed.brokers;
  return processes[random.int(processes.length)] as FaultyProcess;
}

/** Faults of disks: no power, no room, slow, and refusing to flush. */
export const DISK_FAULTS: readonly Fault[] = [
  {
    name: 'cut the power',
    fits: hasDisk,
    run: async ({ bed }) => {
      const { disk } = bed.options;
      disk?.powerOff();
      const all = await killAll(bed);
      disk?.powerOn();
      for (const one of all) one.start();
      await bed.ready();
      return { target: 'every process', hadEffect: true };
    },
  },
  {
    name: 'fill the disk',
    fits: hasDisk,
    run: async ({ bed, lastsMs }) => {
      const filler = bed.options.disk?.fill() ?? '';
      await delay(lastsMs);
      const hadEffect = statSync(filler).size > 0;
      rmSync(filler);
      // A broker that met a full disk takes writes again when it is started again.
      for (const broker of bed.brokers.processes) await broker.end('SIGTERM');
      await delay(DOWN_MS);
      for (const broker of bed.brokers.processes) broker.start();
      return { target: 'every process', hadEffect };
    },
  },
  {
    name: 'make a broker flush slowly',
    fits: hasStrace,
    run: async (context) => {
      const broker = brokerIn(context);
      const inject = `delay_enter=${FLUSH_DELAY_US}`;
      return { target: broker.name, hadEffect: await traced(broker, inject, context.lastsMs) };
    },
  },
  {
    name: 'let a broker fail to flush',
    fits: hasStrace,
    run: async (context) => {
      const broker = brokerIn(context);
      const hadEffect = await traced(broker, 'error=EIO', context.lastsMs);
      // It no longer knows what is on its disk: it has to read it again.
      await broker.end('SIGKILL');
      broker.start();
      return { target: broker.name, hadEffect };
    },
  },
];
