import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '#contracts/json/parse-strict-json';
import { canonicalJson } from '#domain/canonical-json';

const folder = resolve(import.meta.dirname, '../../../shared/fixtures/rfc8785/testdata');

describe('canonical JSON of what was read strictly', () => {
  it('canonicalJson() writes the same bytes for every way to write a value', () => {
    const ways = ['{"b":[1.0,1e0,"\\u00e9"],"a":-0}', ' { "a" : 0.0 , "b" : [ 1, 10e-1, "é" ] } '];
    for (const text of ways) {
      const read = parseStrictJson(text);
      expect(read.kind === 'parsed' && canonicalJson(read.value)).toBe('{"a":0,"b":[1,1,"é"]}');
    }
  });

  if (existsSync(folder)) {
    for (const name of readdirSync(join(folder, 'input'))) {
      it(`canonicalJson() writes "${name}" byte for byte as its authors do`, () => {
        const read = parseStrictJson(readFileSync(join(folder, 'input', name), 'utf8'));
        if (read.kind !== 'parsed') throw new Error(JSON.stringify(read.faults));
        const written = Buffer.from(canonicalJson(read.value));
        expect(written.equals(readFileSync(join(folder, 'output', name)))).toBe(true);
        const hex = readFileSync(join(folder, 'outhex', name.replace(/json$/, 'txt')), 'utf8');
        expect(written.toString('hex')).toBe(hex.replace(/\s+/g, ''));
      });
    }
  }
});
