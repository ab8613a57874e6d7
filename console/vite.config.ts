import react from '@vitejs/plugin-react';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import { defineConfig } from 'vitest/config';

/** The server that a development server passes requests on to. */
const SERVER = process.env['EVIDENT_URL'] ?? 'http://127.0.0.1:8700';

const API = ['/v1', '^/log/', '/openapi.json', '/healthz', '/readyz'];

export default defineConfig({
  plugins: [
    react(),
    // React Aria speaks some thirty languages; the console speaks one.
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
  ],
  build: {
    outDir: 'dist/console',
    // The Content-Security-Policy takes no data: in scripts or styles, and fonts are files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(API.map((path) => [path, { target: SERVER, changeOrigin: false }])),
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
  },
});
