import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import { parseContractVersion } from '#domain/contract-name';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import { CatalogWriter } from '#projections/catalog/writer';
import { commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn } from '#test/support/contracts';
import { messagesOf } from '#test/support/projection-conformance';
import { contractName, contractOf, publish } from '#test/support/publishing';
import { tempFolder } from '#test/support/temp';

describe('the digest of the catalog', () => {
  it('changes with every row that is kept beside the events of contracts', async () => {
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    await publish(commands, contractOf('1.0.0', { labels: { team: 'a' }, description: 'd' }));
    const version = parseContractVersion('1.0.0');
    const references = [{ uri: 'urn:a', name: contractName, version }];
    await publish(commands, contractOf('1.1.0', { references }));
    await setCompatibilityMode(commands, commandContext(), { name: contractName, mode: 'FULL' });
    using folder = tempFolder();
    const path = join(folder.path, 'catalog.sqlite');
    const writer = new CatalogWriter(path);
    writer.apply(await messagesOf(log), 'now');
    writer.close();
    const digest = async () => {
      const reader = new CatalogReader(path);
      const found = await reader.digest();
      reader.close();
      return found.digest;
    };
    const seen = [await digest()];
    const db = new Database(path);
    const changes = [
      "UPDATE contract_stage SET stage = 'draft' WHERE position = 2",
      "UPDATE contract_version SET publisher = 'other' WHERE position = 1",
      "UPDATE contract_version SET also_published_by = 'x' WHERE position = 1",
      "UPDATE contract_version SET level = 'major' WHERE position = 2",
      "UPDATE contract_version SET search_text = '' WHERE position = 1",
      'UPDATE contract_version SET is_release = 0 WHERE position = 1',
      'UPDATE compatibility_mode SET mode = NULL',
      "UPDATE contract_label SET value = 'b'",
      "INSERT INTO contract_label VALUES (1, 'more', '')",
      "UPDATE contract_reference SET to_version = '2.0.0'",
      'DELETE FROM contract_reference',
    ];
    for (const change of changes) {
      expect(db.prepare(change).run().changes, change).toBe(1);
      seen.push(await digest());
    }
    db.close();
    expect(new Set(seen).size).toBe(changes.length + 1);
  });
});
