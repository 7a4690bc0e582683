/** What a page asks for: a machine as plain data, which crosses to the machine's own worker. */
import type { DriveOptions } from '../block/drive.js';
import type { CommonEngineOptions } from '../host.js';
import type { MachineOptions } from '../system/facade.js';
import type { LogItem } from '../util/log.js';
import type { ImageSource } from './images.js';

/** As `MachineOptions` has them. */
type PlainOptions = Omit<
  MachineOptions,
  'bios' | 'kernel' | 'initrd' | 'dtb' | 'symbols' | 'serial' | 'drives' | 'backends' | 'semihosting' | 'snapshots' | 'incoming' | 'log'
>;

export interface DriveSpec extends Pick<DriveOptions, 'id' | 'interface' | 'readonly' | 'cache'> {
  /** At a URL or in a user's file: what the guest writes is gone with the machine. `opfs`: it is kept. */
  readonly source: ImageSource;
}

export interface FlashSpec {
  /** Of the part's size. What the guest programs is gone with the machine; `opfs`: it is kept. */
  readonly source: ImageSource;
  /** The guest cannot program it. */
  readonly readonly?: boolean;
}

export interface MachineSpec extends PlainOptions {
  readonly bios?: ImageSource | { readonly builtin: 'none' | 'default' };
  readonly kernel?: ImageSource;
  readonly initrd?: ImageSource;
  readonly dtb?: ImageSource;
  readonly symbols?: ImageSource;
  readonly drives?: readonly DriveSpec[];
  /** What the board's flash and EEPROM hold: by bank (virt: `0` and `1`), or by the part's name (cpiom: `mxfc-flash-code`, `mxfc-flash-data`, `mxfc-eeprom`). */
  readonly flash?: Readonly<Record<string, FlashSpec>>;
  /** Serial ports; default 1. */
  readonly serialPorts?: number;
  /** Firmware by QEMU's file name, for a `bios` that is `default` or not given. */
  readonly firmware?: Readonly<Record<string, ImageSource>>;
  readonly semihosting?: boolean;
  /** The machine goes on from there; it must be one of the same kind. `saved`: the name of one that was saved here. */
  readonly snapshot?: ImageSource | { readonly saved: string };
  /** How guest code is run. */
  readonly engine?: CommonEngineOptions;
  /** What is logged; onLog hears it. */
  readonly log?: readonly LogItem[];
}

/** Those that are images, each by its name in messages. */
export const IMAGES = ['kernel', 'initrd', 'dtb', 'symbols'] as const;
