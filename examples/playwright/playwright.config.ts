/** `npm run build:web`, then `npx playwright test --config examples/playwright`. A Chromium of the system's is named by CHROMIUM. */
import { defineConfig } from '@playwright/test';

const { CHROMIUM } = process.env;

export default defineConfig({
  timeout: 120_000,
  use: {
    baseURL: 'http://localhost:8080',
    launchOptions: { executablePath: CHROMIUM, args: CHROMIUM ? ['--no-sandbox', '--disable-dev-shm-usage'] : [] },
  },
  webServer: { command: 'npx vite preview --config web/vite.config.ts', port: 8080, cwd: '../..' },
});
