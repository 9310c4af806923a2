import { join } from 'node:path';
import { changeContractStage } from '#commands/change-contract-stage';
import type { ContractCommands, PublishContract } from '#commands/publish-contract';
import { parseContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { NEWEST } from '#domain/position';
import type { EventLog } from '#log/event-log';
import type { MemoryLog } from '#log/memory-log';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import type { ContractQueries } from '#projections/catalog/contract-queries';
import { CatalogWriter } from '#projections/catalog/writer';
import { commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn } from '#test/support/contracts';
import { takeFrom } from '#test/support/log-under-test';
import { contractName, publish } from '#test/support/publishing';
import { tempFolder } from '#test/support/temp';

/** After every event. */

/** A catalog in this thread, which shows what a log holds when it is asked to. */
export interface CatalogBed extends Disposable {
  readonly reader: CatalogReader;
  /** Applies what is new in the log. */
  catchUp(log: EventLog): Promise<void>;
}

/** Opens an empty catalog. */
export function openCatalogBed(): CatalogBed {
  const folder = tempFolder();
  const path = join(folder.path, 'catalog.sqlite');
  const writer = new CatalogWriter(path);
  const reader = new CatalogReader(path);
  return {
    reader,
    catchUp: async (log) => {
      const { position } = writer.checkpoint();
      const { last } = await log.head();
      if (last > position) writer.apply(await takeFrom(log, position, last - position), 'now');
    },
    [Symbol.dispose]: () => {
      reader.close();
      writer.close();
      folder[Symbol.dispose]();
    },
  };
}

/** What commands about contracts read from a catalog, as on a node. */
function portsOf({ reader }: CatalogBed): Pick<ContractCommands, 'source' | 'contents' | 'modes'> {
  const { contracts } = reader;
  return {
    source: { load: (...at) => contracts.states.load(...at) },
    contents: {
      find: async (scope, name, version) => contracts.find(scope, { name, version }, NEWEST),
    },
    modes: { defaultMode: async (scope) => contracts.states.defaultMode(scope, NEWEST) },
  };
}

/** A log, a catalog of it, and commands that decide on what the catalog shows. */
export interface ContractBed extends Disposable {
  readonly log: MemoryLog;
  readonly contracts: ContractQueries;
  readonly commands: ContractCommands;
  /** Shows what is new in the log. */
  catchUp(): Promise<void>;
  /** Publishes versions one after the other, then shows them. */
  published(...all: readonly PublishContract[]): Promise<void>;
  /** Moves a version of `contractName` from stage to stage, then shows it. */
  moved(version: string, ...stages: readonly ContractStage[]): Promise<void>;
}

/** Opens an empty log with a catalog. */
export function openContractBed(): ContractBed {
  const log = memoryLog();
  const bed = openCatalogBed();
  const commands = contractCommandsOn(log, portsOf(bed));
  const catchUp = async () => await bed.catchUp(log);
  return {
    log,
    contracts: bed.reader.contracts,
    commands,
    catchUp,
    published: async (...all) => {
      for (const one of all) await publish(commands, one);
      await catchUp();
    },
    moved: async (version, ...stages) => {
      const id = { name: contractName, version: parseContractVersion(version) };
      for (const to of stages)
        await changeContractStage(commands, commandContext(), { ...id, to, notes: `now ${to}` });
      await catchUp();
    },
    [Symbol.dispose]: () => bed[Symbol.dispose](),
  };
}
