/** What a user tells firmware, on boards with a device for that (fw_cfg): files, and how to boot. */

export interface FirmwareFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** `-boot` */
export interface BootConfig {
  /** Letters of drives, as PCs have them. */
  readonly order?: string;
  readonly menu?: boolean;
  /** A picture, by the name of its file. */
  readonly splash?: FirmwareFile;
  /** ms that it, or the menu, is shown. */
  readonly splashTime?: number;
  /** ms until a machine that finds nothing to boot starts again; -1: never. */
  readonly rebootTimeout?: number;
}

/** The device. */
export interface FirmwareConfig {
  /** @throws OptionError if there is one of that name, or no room for more */
  addFile(name: string, data: Uint8Array): void;
}
