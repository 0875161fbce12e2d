import { defineConfig } from 'vite';

// Nothing may be inlined: the page's content security policy takes scripts, styles and fonts from its own server alone.
export default defineConfig({
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022', chunkSizeWarningLimit: 800 },
  worker: { format: 'es' },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
