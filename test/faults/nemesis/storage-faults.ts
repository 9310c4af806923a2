import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BedNode } from '#test/faults/bed/bed';
import type { Fault } from '#test/faults/nemesis/fault';

const DOWN_MS = 300;

const hasPostgres: Fault['fits'] = ({ postgres }) => postgres !== undefined;

/** Faults of what nodes store, and of Postgres. */
export const STORAGE_FAULTS: readonly Fault[] = [
  {
    name: 'lose the views of a node',
    fits: () => true,
    run: async ({ bed, random }) => {
      const node = bed.nodes[random.int(bed.nodes.length)] as BedNode;
      const hadEffect = await node.process.end('SIGKILL');
      const path = join(node.dataDir, 'views/catalog.sqlite');
      // Its header, and what would have mended it: whoever reads it knows at once.
      for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      if (existsSync(path)) {
        const file = openSync(path, 'r+');
        writeSync(file, Buffer.alloc(100, 0xff), 0, 100, 0);
        closeSync(file);
      }
      node.process.start();
      return { target: `${node.name}: catalog`, hadEffect };
    },
  },
  {
    name: 'kill Postgres',
    fits: hasPostgres,
    run: async ({ bed: { postgres } }) => {
      await postgres?.kill();
      await delay(DOWN_MS);
      await postgres?.restart();
      return { target: 'Postgres', hadEffect: true };
    },
  },
  {
    name: 'pause Postgres',
    fits: hasPostgres,
    run: async ({ bed: { postgres }, lastsMs }) => {
      postgres?.pause();
      await delay(lastsMs);
      postgres?.resume();
      return { target: 'Postgres', hadEffect: true };
    },
  },
  {
    name: 'part everybody from Postgres',
    fits: hasPostgres,
    run: async ({ bed: { postgresLink }, lastsMs }) => {
      postgresLink?.set('cut');
      await delay(lastsMs);
      const hadEffect = (postgresLink?.held ?? 0) > 0;
      postgresLink?.set('open');
      return { target: 'Postgres', hadEffect };
    },
  },
];
