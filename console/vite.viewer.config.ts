import { defineConfig } from 'vite';

/**
 * Builds the viewer that other pages embed: one module that holds all it needs, under a name that stays, and the
 * page that shows how it is used. The server sends what is in dist/viewer under /embed/.
 */
export default defineConfig({
  // Wherever the server is mounted, the example finds its files beside itself.
  base: './',
  publicDir: 'public-viewer',
  build: {
    outDir: 'dist/viewer',
    modulePreload: { polyfill: false },
    target: 'es2023',
    reportCompressedSize: false,
    rolldownOptions: {
      // The two share no module, so that neither is split.
      input: { 'evident-log': 'src/viewer/main.ts', example: 'src/viewer/example.ts' },
      output: { entryFileNames: '[name].js', format: 'es' },
    },
  },
});
