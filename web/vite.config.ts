/// <reference types="vitest/config" />
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `make dev` runs the Rust server on 8080 and Vite on 5173; everything that is
// not the single-page app itself is passed on to the server.
const server = process.env.API_URL ?? 'http://127.0.0.1:8080';

/** Packs what packs well, once, when the app is built: the server only chooses. Fonts are packed already. */
const packed = () => ({
  name: 'packed',
  apply: 'build' as const,
  writeBundle: ({ dir = 'dist' }: { dir?: string }) => {
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(js|css|html|svg)$/.test(name)) continue;
      const path = join(dir, name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  },
});

export default defineConfig({
  plugins: [react(), packed()],
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
