// Builds the guests that are committed as ELF, from their sources, with the riscv64 cross compiler: `node scripts/build-guests.js`.
// Only needed after a change of guests/: the ELF files are in the repository so that a first run needs no compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../guests/', import.meta.url));
const FLAGS = [
  ...['-O2', '-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie'],
  // Results must be the same whoever runs them, and loops must stay loops.
  ...['-ffp-contract=off', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
  ...['-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none,-z,norelro,--no-warn-rwx-segments'],
];

/** A bare-metal guest has a link.ld; one without is a program for Linux, at the addresses that the linker chooses. */
const script = (source) => (existsSync(join(source, 'link.ld')) ? ['-T', 'link.ld'] : []);

for (const guest of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const source = join(folder, guest.name);
  const files = readdirSync(source)
    .filter((name) => /\.[cS]$/.test(name))
    .sort();
  if (files.length === 0) continue; // texts: programs of Debian's run them
  const elf = join(folder, `${guest.name}.elf`);
  execFileSync('riscv64-linux-gnu-gcc', [...FLAGS, ...script(source), ...files, '-o', elf], { cwd: source, stdio: 'inherit' });
  execFileSync('riscv64-linux-gnu-strip', ['-g', elf]);
  console.log(elf);
}
