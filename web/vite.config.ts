/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `make dev` runs the Rust server on 8080 and Vite on 5173; everything that is
// not the single-page app itself is passed on to the server.
const server = process.env.API_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    // Without this Lightning CSS rewrites light-dark() into variables that nobody sets: every colour is lost.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    proxy: {
      '/v1': {
        target: server,
        headers: process.env.DEV_KEY
          ? { authorization: `Bearer ${process.env.DEV_KEY}`, 'flyt-business': 'nordlys' }
          : {},
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test-setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    testTimeout: 30_000, // the machine may be shared
  },
});
