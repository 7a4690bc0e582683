// Builds the guests that are committed, from their sources, with the riscv64 and powerpc cross compilers: `node scripts/build-guests.js [NAME...]`.
// Only needed after a change of guests/: the ELF files are in the repository so that a first run needs no compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../guests/', import.meta.url));
const COMMON = [
  ...['-O2', '-ffreestanding', '-nostdlib', '-static', '-fno-pic', '-no-pie'],
  // Results must be the same whoever runs them, and loops must stay loops.
  ...['-ffp-contract=off', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
  ...['-Wall', '-Wextra', '-Werror', '-Wl,--build-id=none,-z,norelro,--no-warn-rwx-segments'],
];
const FLAGS = ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', ...COMMON];
const FIRMWARE_FLAGS = ['-mcpu=750', '-mno-altivec', '-mno-sdata', ...COMMON];
/** What makes a guest of one call, and libraries that it needs; by the guest's name. */
const RISCV = { tools: 'riscv64-linux-gnu', flags: FLAGS, libraries: [] };
const PPC = { tools: 'powerpc-linux-gnu', flags: FIRMWARE_FLAGS, libraries: ['-lgcc'] };
const COMPILERS = { ppc: PPC };
/** Of the firmware these may use floating point: exceptions do not save it. */
const FLOATING = ['kernels.c'];

/** A bare-metal guest has a link.ld; one without is a program for Linux, at the addresses that the linker chooses. */
const script = (source) => (existsSync(join(source, 'link.ld')) ? ['-T', 'link.ld'] : []);

/** Firmware for the CPIOM: an image that begins where the boot flash does, and the ELF file that it is made from, for debuggers. */
function buildFirmware(name, files) {
  const source = join(folder, name);
  const objects = mkdtempSync(join(tmpdir(), 'wemu-guest-'));
  const tool = (what, args) => execFileSync(`powerpc-linux-gnu-${what}`, args, { cwd: objects, stdio: 'inherit' });
  try {
    for (const file of files) {
      const float = FLOATING.includes(file) ? [] : ['-msoft-float'];
      tool('gcc', [
        ...FIRMWARE_FLAGS,
        ...float,
        `-ffile-prefix-map=${folder}=`,
        '-c',
        join(source, file),
        '-o',
        file.replace(/\.[cS]$/, '.o'),
      ]);
    }
    const made = files.map((file) => file.replace(/\.[cS]$/, '.o'));
    const elf = join(folder, `${name}.elf`);
    tool('gcc', [...FIRMWARE_FLAGS, '-Wl,--no-warn-mismatch', '-T', join(source, 'link.ld'), ...made, '-lgcc', '-o', elf]);
    tool('strip', ['-g', elf]);
    tool('objcopy', ['-O', 'binary', elf, join(folder, `${name}.bin`)]);
    console.log(elf);
  } finally {
    rmSync(objects, { recursive: true });
  }
}

const wanted = process.argv.slice(2);
for (const guest of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  if (wanted.length > 0 && !wanted.includes(guest.name)) continue;
  const source = join(folder, guest.name);
  const files = readdirSync(source)
    .filter((name) => /\.[cS]$/.test(name))
    .sort();
  if (files.length === 0) continue; // texts: programs of Debian's run them
  if (guest.name === 'cpiom') {
    buildFirmware(guest.name, files);
    continue;
  }
  const elf = join(folder, `${guest.name}.elf`);
  const { tools, flags, libraries } = COMPILERS[guest.name] ?? RISCV;
  execFileSync(`${tools}-gcc`, [...flags, ...script(source), ...files, ...libraries, '-o', elf], { cwd: source, stdio: 'inherit' });
  execFileSync(`${tools}-strip`, ['-g', elf]);
  console.log(elf);
}
