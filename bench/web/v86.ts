/**
 * This page beside v86 in the same Chromium: `npm run bench:v86 -- --v86 FOLDER` (`--help` for more). Boot to the shell of Debian's Linux
 * (riscv64 here, i386 there, the same busybox and init), and the embedded guest's kernels, one program for both. FOLDER is the npm package v86; firmware is
 * Debian's seabios. The i386 kernel is fetched by Debian's package client and kept in the user's cache folder; gcc-i686-linux-gnu and gcc-riscv64-linux-gnu build the
 * program.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { apt, must, run, withApt } from '../../src/node/guest/apt.js';
import { file } from '../../src/node/guest/cpio.js';
import { cachedGuestFile, cacheFolder } from '../../src/node/guest/debian.js';
import { buildInitramfs } from '../../src/node/guest/initramfs.js';
import type { Session } from '../../web/src/session.js';
import { BROWSERS, type WebPage } from '../../web/tests/support/browsers.js';
import { serve } from '../../web/tests/support/site.js';
import { positive } from '../options.js';

/** What both pages offer. */
interface Guest {
  text: string;
  heard: () => void;
  type(text: string): void;
}
/** Of v86's API, what is used. */
interface V86Emulator {
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void;
  serial0_send(text: string): void;
}
declare global {
  var wemu: Session;
  var guest: Guest;
  var V86: new (options: object) => V86Emulator;
}

interface V86Options {
  readonly v86: string;
  readonly bios: string;
  readonly vgaBios: string;
  readonly tenths: number;
}

const command = new Command('npm run bench:v86 --')
  .description('This page beside v86 in the same Chromium: boot to the shell, and kernels.')
  .requiredOption('--v86 <folder>', 'the npm package v86')
  .option('--bios <file>', 'firmware', '/usr/share/seabios/bios-256k.bin')
  .option('--vga-bios <file>', "the display's", '/usr/share/seabios/vgabios-stdvga.bin')
  .option('--tenths <n>', 'tenths of the usual work for each kernel', positive, 40)
  .parse();
const options = command.opts<V86Options>();
const { tenths } = options;
const KERNELS = ['int', 'sha256', 'sieve', 'hash', 'chase', 'memcpy', 'stream', 'bytecode', 'fib', 'sort', 'matmul', 'nbody'];
/** The last Debian with an i386 kernel. */
const I386 = { suite: 'bookworm', architecture: 'i386' } as const;
const I386_FILES = { kernel: ['linux-image-686', './boot/vmlinuz-*'], busybox: ['busybox-static', './bin/busybox'] } as const;
const MEMORY_MIB = 256;
/** The older busybox knows no ~. */
const PROMPT = '(~|/root) # ';
const CONSOLE = 'console=ttyS0';
const WAIT_MS = 300_000;

const top = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Debian's i386 kernel and busybox; fetched once. */
async function i386Files(): Promise<Record<keyof typeof I386_FILES, string>> {
  const folder = join(cacheFolder()!, `debian-${I386.suite}-${I386.architecture}`);
  const progress = { start: (what: string) => console.error(`fetching ${what}`), update() {}, stop() {} };
  const names = Object.keys(I386_FILES) as (keyof typeof I386_FILES)[];
  if (!names.every((name) => existsSync(join(folder, name))))
    await withApt(
      folder,
      ['tar'],
      progress,
      async (work, config) => {
        for (const name of names) {
          const [wanted, path] = I386_FILES[name];
          const { output } = await run('apt-cache', ['depends', wanted], { config, cwd: work });
          const real = /Depends: (linux-image-\S+)/.exec(output)?.[1] ?? wanted;
          progress.start(real);
          await apt(config, work, ['download', real], progress);
          const archive = readdirSync(work).find((entry) => entry.endsWith('.deb'))!;
          await must('dpkg-deb', ['--fsys-tarfile', archive], work, join(work, 'tar'));
          await must('tar', ['-xOf', 'tar', '--wildcards', path], work, join(work, '..', name));
          rmSync(join(work, archive));
        }
      },
      I386,
    );
  return { kernel: join(folder, 'kernel'), busybox: join(folder, 'busybox') };
}

function compile(compiler: string, output: string, ...flags: string[]): void {
  // the kernels' own memcpy is what they measure
  const common = [
    '-O2',
    '-static',
    '-ffp-contract=off',
    '-fno-tree-loop-distribute-patterns',
    '-Dmemcpy=own_memcpy',
    '-Dmemset=own_memset',
  ];
  const sources = [top('bench/web/kernels.c'), top('guests/embedded/kernels.c')];
  const { status, error } = spawnSync(compiler, [...common, ...flags, ...sources, '-lm', '-o', output], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${compiler}: ${error?.message ?? `ended with ${status}`}`);
}

/** All that the pages load, in a folder that is served over the site. */
async function prepare(folder: string, v86: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const build = join(v86, 'build');
  for (const name of ['libv86.js', 'v86.wasm']) copyFileSync(join(build, name), at(name));
  copyFileSync(options.bios, at('bios.bin'));
  copyFileSync(options.vgaBios, at('vgabios.bin'));
  writeFileSync(at('v86.html'), '<!doctype html><meta charset="utf-8"><title>v86</title><script src="libv86.js"></script>');
  const i386 = await i386Files();
  copyFileSync(i386.kernel, at('i386-kernel'));
  compile('i686-linux-gnu-gcc', at('i386'), '-march=i686', '-msse2', '-mfpmath=sse');
  compile('riscv64-linux-gnu-gcc', at('riscv64'));
  const busybox = cachedGuestFile('busybox');
  if (!busybox) throw new Error('the site has no Debian: npm run web:files');
  const initrd = (name: string, shell: string): void =>
    writeFileSync(
      at(`${name}-initrd`),
      buildInitramfs({ busybox: readFileSync(shell), files: [file('bin/kernels', readFileSync(at(name)), 0o755)] }),
    );
  initrd('i386', i386.busybox);
  initrd('riscv64', busybox);
}

/** ms until the guest's text matches, since `start` of the page's clock. */
const saidAt = (page: WebPage, wanted: string, from: number, start: number): Promise<{ readonly ms: number; readonly text: string }> =>
  page.run(
    ({ source, from: at, start: since, limit }) =>
      new Promise<{ ms: number; text: string }>((resolve, reject) => {
        const end = setTimeout(() => reject(new Error(`it has not said ${source}: ${guest.text.slice(-300)}`)), limit);
        const look = (): void => {
          const text = guest.text.slice(at);
          if (!new RegExp(source).test(text)) return;
          clearTimeout(end);
          guest.heard = () => {};
          resolve({ ms: performance.now() - since, text });
        };
        guest.heard = look;
        look();
      }),
    { source: wanted, from, start, limit: WAIT_MS },
  );

const startWemu = (page: WebPage): Promise<number> =>
  page.run(
    async ({ memory, append }) => {
      const at = (name: string): string => new URL(name, document.baseURI).href;
      const host = await wemu.host;
      await new Promise((resolve) => setTimeout(resolve, 2000)); // somebody looks at the page
      const start = performance.now();
      const decoder = new TextDecoder();
      const files = { bios: at('guests/debian/firmware'), kernel: at('guests/debian/kernel'), initrd: at('riscv64-initrd') };
      const machine = await host.create({ machine: 'virt', memory: `${memory}M`, ...files, append });
      globalThis.guest = { text: '', heard() {}, type: (text) => machine.type(text) };
      machine.onOutput((bytes) => {
        guest.text += decoder.decode(bytes, { stream: true });
        guest.heard();
      });
      void machine.run();
      return start;
    },
    { memory: MEMORY_MIB, append: CONSOLE },
  );

const startV86 = (page: WebPage): Promise<number> =>
  page.run(
    async ({ memory, append }) => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const start = performance.now();
      const emulator = new V86({
        wasm_path: 'v86.wasm',
        memory_size: memory << 20,
        vga_memory_size: 2 << 20,
        bios: { url: 'bios.bin' },
        vga_bios: { url: 'vgabios.bin' },
        bzimage: { url: 'i386-kernel' },
        initrd: { url: 'i386-initrd' },
        cmdline: append,
        autostart: true,
        disable_speaker: true,
      });
      globalThis.guest = { text: '', heard() {}, type: (text) => emulator.serial0_send(text) };
      emulator.add_listener('serial0-output-byte', (byte) => {
        guest.text += String.fromCharCode(byte);
        if (byte === 10 || byte === 32) guest.heard();
      });
      return start;
    },
    { memory: MEMORY_MIB, append: CONSOLE },
  );

interface Found {
  readonly bootMs: number;
  readonly version: string;
  /** By kernel: ms, and what came out. */
  readonly kernels: ReadonlyMap<string, { readonly ms: number; readonly sum: string }>;
}

async function measure(url: string, start: (page: WebPage) => Promise<number>): Promise<Found> {
  const page = await chromium!.launch();
  try {
    await page.open(url);
    const { ms: bootMs, text } = await saidAt(page, PROMPT, 0, await start(page));
    const version = /Linux version (\S+)/.exec(text)?.[1] ?? '?';
    const kernels = new Map<string, { readonly ms: number; readonly sum: string }>();
    for (const name of KERNELS) {
      const from = await page.run(() => guest.text.length);
      await page.run((line) => guest.type(line), `kernels ${name} ${tenths}\n`);
      const begin = await saidAt(page, 'kernels: begin\\s', from, 0);
      const { ms, text: said } = await saidAt(page, `kernels: sum [0-9a-f]{16}[\\s\\S]*${PROMPT}`, from, begin.ms);
      kernels.set(name, { ms, sum: /sum ([0-9a-f]{16})/.exec(said)![1] });
    }
    return { bootMs, version, kernels };
  } finally {
    await page.close();
  }
}

const chromium = BROWSERS.find(({ name, path }) => name === 'Chromium' && path !== undefined);
if (!chromium) command.error('error: Chromium is not installed');
const folder = mkdtempSync(join(tmpdir(), 'wemu-v86-'));
try {
  mkdirSync(folder, { recursive: true });
  await prepare(folder, options.v86);
  const site = await serve({ over: folder });
  try {
    const ours = await measure(site.url, startWemu);
    const theirs = await measure(`${site.url}v86.html`, startV86);
    const { version } = JSON.parse(readFileSync(join(options.v86, 'package.json'), 'utf8')) as { version: string };
    const row = (what: string, mine: number, other: number): void =>
      console.log(
        `${what.padEnd(32)}${Math.round(mine).toString().padStart(10)}${Math.round(other).toString().padStart(10)}${(other / mine).toFixed(2).padStart(10)}`,
      );
    console.log(`\nms, in one Chromium${' '.repeat(13)}${'wemu'.padStart(10)}${`v86 ${version}`.padStart(10)}${'v86/wemu'.padStart(10)}`);
    row(`boot: Linux ${ours.version}, ${theirs.version}`, ours.bootMs, theirs.bootMs);
    const ratios: number[] = [];
    for (const [name, { ms, sum }] of ours.kernels) {
      const other = theirs.kernels.get(name)!;
      if (other.sum !== sum) throw new Error(`${name}: the sums differ: ${sum} here, ${other.sum} there`);
      row(name, ms, other.ms);
      ratios.push(other.ms / ms);
    }
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    console.log(`${'kernels, geometric mean'.padEnd(52)}${mean.toFixed(2).padStart(10)}`);
  } finally {
    site.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
