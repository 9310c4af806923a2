import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const source = join(import.meta.dirname, 'src/console');
const outDir = join(import.meta.dirname, 'dist/console');

/** Packs what was built once, so that no request waits for it. */
function packOnce() {
  return {
    name: 'pack-once',
    writeBundle() {
      for (const path of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg|txt)$/.test(path)) continue;
        const bytes = readFileSync(join(outDir, path));
        writeFileSync(join(outDir, `${path}.br`), brotliCompressSync(bytes));
        writeFileSync(join(outDir, `${path}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: source,
  base: '/console/',
  publicDir: false,
  resolve: { alias: [{ find: /^#console\/(.*)$/, replacement: `${source}/$1` }] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Texts in scripts and styles would need a weaker policy than the console is served with.
  build: {
    outDir,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is copied to a browser brings along under which licences.
    license: { fileName: 'licences.txt' },
  },
  plugins: [packOnce()],
});
