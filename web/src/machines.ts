/** From what a person has chosen to the machine that is asked for. */
import type { DriveSpec, ImageSource, MachineSpec } from '../../src/browser/index.js';
import { CPIOM_ROLES, STRATEGIES, type Preset, type Role, type Settings } from './settings.js';

/** Files that were dropped on the page, or picked. */
export type Files = Readonly<Partial<Record<Role, File>>>;

const here = (path: string): string => new URL(path, document.baseURI).href;
const FIRMWARE = { 'opensbi-riscv64-generic-fw_dynamic.bin': here('guests/debian/firmware') };

/** Whether Debian's files were fetched when this site was made (scripts/web-files.js). */
export async function hasDebian(): Promise<boolean> {
  try {
    const response = await fetch(here('guests/debian/kernel'), { method: 'HEAD' });
    return response.ok && !/^text\/html/.test(response.headers.get('content-type') ?? '');
  } catch {
    return false; // the server is gone: starting will say so
  }
}

export function specOf(settings: Settings, files: Files): MachineSpec {
  const { board, memory, cpu, smp, append, strategy, saved, urls } = settings;
  const image = (role: Role): ImageSource | undefined => files[role] ?? (urls[role] ? addressed(urls[role]) : undefined);
  const common: MachineSpec = {
    machine: board,
    memory,
    ...(cpu !== '' && { cpu }),
    ...(smp !== '1' && { smp }),
    engine: STRATEGIES[strategy].engine,
    ...(saved !== '' && { snapshot: { saved } }),
  };
  switch (settings.preset) {
    case 'debian':
      return {
        ...common,
        ...{ bios: here('guests/debian/firmware'), kernel: here('guests/debian/kernel'), initrd: here('guests/debian/initrd') },
        append: `console=ttyS0 ${append}`.trimEnd(),
      };
    case 'embedded':
      return { ...common, bios: { builtin: 'none' }, kernel: here('guests/embedded.elf'), ...(append !== '' && { append }) };
    case 'cpiom':
      return {
        ...{ ...common, machine: 'cpiom', smp: '1', flash: flashOf(image) },
        ...(!image('flash-code') && { bios: here('guests/cpiom.bin') }),
      };
    case '40p':
      return { ...common, ...{ machine: '40p', smp: '1', bios: image('bios') } };
    case 'own': {
      const drive = image('drive');
      const drives: DriveSpec[] = drive ? [{ source: drive }] : [];
      const [kernel, initrd, dtb, bios] = [image('kernel'), image('initrd'), image('dtb'), image('bios')];
      const snapshot = image('snapshot') ?? common.snapshot;
      const firmware = { bios: bios ?? { builtin: 'default' as const }, firmware: FIRMWARE };
      return {
        ...common,
        ...(isBare(files.kernel ?? urls.kernel) && !bios ? { bios: { builtin: 'none' as const } } : firmware),
        ...{ kernel, initrd, dtb, drives, snapshot },
        ...(kernel && append !== '' && { append }),
      };
    }
  }
}

/** What the CPIOM's parts hold, those that somebody has files for. */
function flashOf(image: (role: Role) => ImageSource | undefined): MachineSpec['flash'] {
  const parts = CPIOM_ROLES.map((role) => [`mxfc-${role}`, image(role)] as const);
  return Object.fromEntries(parts.flatMap(([id, source]) => (source ? [[id, { source }] as const] : [])));
}

/** `opfs:NAME`: a file that this site keeps (session.ts, `images`). */
const addressed = (address: string): ImageSource => (address.startsWith('opfs:') ? { opfs: address.slice(5) } : here(address));

/** An ELF file by its name: a program for the bare machine, which wants no firmware before it. */
const isBare = (file: File | string | undefined): boolean => /\.elf$/i.test((file instanceof File ? file.name : file) ?? '');

/** What a file is for. */
export interface Place {
  readonly role: Role;
  readonly preset: Preset;
}

/** By its first bytes and its name. */
export async function placeOf(file: File): Promise<Place> {
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  // ELF, 32 bits, big-endian, for PowerPC: OpenBIOS
  const isPowerPc = [0x7f, 0x45, 0x4c, 0x46, 1, 2].every((byte, at) => head[at] === byte) && head[18] === 0 && head[19] === 20;
  if (isPowerPc) return { role: 'bios', preset: '40p' };
  const part = CPIOM_ROLES.find((role) => file.name.includes(`mxfc-${role}`)); // as `-drive id=` has it
  return part ? { role: part, preset: 'cpiom' } : { role: roleOf(file, head), preset: 'own' };
}

function roleOf(file: File, head: Uint8Array): Role {
  const text = String.fromCharCode(...head);
  if (text.startsWith('wemusnap')) return 'snapshot';
  if (head[0] === 0xd0 && head[1] === 0x0d && head[2] === 0xfe && head[3] === 0xed) return 'dtb'; // Devicetree Specification, 5.2
  if (text.startsWith('\x7fELF') || text.slice(56, 60) === 'RSC\x05') return 'kernel';
  if (/^07070[12]/.test(text) || /initr(d|amfs)|\.cpio/i.test(file.name)) return 'initrd';
  if (/\.(img|raw|iso|qcow2)$/i.test(file.name)) return 'drive';
  if (/\.(fd|rom|bin)$/i.test(file.name)) return 'bios';
  return 'kernel';
}
