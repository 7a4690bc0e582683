#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command } from 'commander';

const { version, description } = createRequire(import.meta.url)('wemu/package.json') as { version: string; description: string };

const program = new Command('wemu').description(description).version(version);

program
  .command('linux')
  .description('boot Linux on the riscv64 virt machine')
  .action(() => program.error('wemu linux: not there yet'));

await program.parseAsync();
