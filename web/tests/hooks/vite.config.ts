import { defineConfig } from 'vite';

export default defineConfig({ root: 'tests/hooks', build: { target: 'es2022', chunkSizeWarningLimit: 1500 } });
