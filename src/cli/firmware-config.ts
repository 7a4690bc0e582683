/** `-fw_cfg` and `-boot`: what the user tells firmware. */
import type { BootConfig, FirmwareFile } from '../hw/core/firmware-config.js';
import { readImage } from '../node/image-file.js';
import { noteInput } from '../node/input-files.js';
import { parseOptions } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';

/** Letters, without the NUL at the end. */
const LONGEST_NAME = 55;
const BOOT_DEVICES = 'abcdefghijklmnop';

export interface FwCfgChoice {
  readonly where: string;
  readonly name: string;
  /** One of the two. */
  readonly string?: string;
  readonly file?: string;
}

/** `[name=]NAME,file=FILE|string=TEXT`. @throws OptionError */
export function parseFwCfg(text: string): FwCfgChoice {
  const list = parseOptions('-fw_cfg', text, 'name');
  const [name, file, string, generator] = ['name', 'file', 'string', 'gen_id'].map((key) => list.string(key) || undefined);
  list.finish();
  if (name === undefined || [file, string, generator].filter((each) => each !== undefined).length !== 1)
    throw new OptionError('name, plus exactly one of file, string and gen_id, are needed', list.where);
  if (new TextEncoder().encode(name).length > LONGEST_NAME) throw new OptionError(`name too long (max. ${LONGEST_NAME} char)`, list.where);
  if (generator !== undefined) throw new OptionError(`no object '${generator}' makes data for fw_cfg`, list.where);
  return { where: list.where, name, string, file };
}

/** `warn` hears of names that are not the user's to give, as QEMU has it. @throws OptionError */
export function readFwCfg(texts: readonly string[], warn: (text: string) => void): FirmwareFile[] {
  return texts.map(parseFwCfg).map(({ where, name, string, file }) => {
    if (!name.startsWith('opt/')) warn(`${where}: externally provided fw_cfg item names should be prefixed with "opt/"`);
    noteInput('-fw_cfg', file);
    return { name, data: file === undefined ? new TextEncoder().encode(string) : readImage(where, file)! };
  });
}

/** As `-boot` has it, as often as it is given: the last value counts. @throws OptionError */
export function parseBoot(texts: readonly string[]): Omit<BootConfig, 'splash'> & { readonly once?: string; readonly splash?: string } {
  let choice: ReturnType<typeof parseBoot> = {};
  for (const text of texts) {
    const list = parseOptions('-boot', text, 'order');
    choice = {
      order: list.string('order') ?? choice.order,
      once: list.string('once') ?? choice.once,
      menu: list.bool('menu') ?? choice.menu,
      splash: list.string('splash') ?? choice.splash,
      splashTime: list.integer('splash-time', 0, 0xffff) ?? choice.splashTime,
      rebootTimeout: list.integer('reboot-timeout', -1, 0xffff) ?? choice.rebootTimeout,
    };
    list.bool('strict'); // of boot indices, which no device has
    list.finish();
    for (const order of [choice.order, choice.once]) checkOrder(order ?? '', list.where);
  }
  return choice;
}

function checkOrder(order: string, where: string): void {
  const letters = [...order];
  const bad = letters.find((letter) => !BOOT_DEVICES.includes(letter));
  if (bad !== undefined) throw new OptionError(`Invalid boot device '${bad}'`, where);
  const twice = letters.find((letter, at) => letters.indexOf(letter) !== at);
  if (twice !== undefined) throw new OptionError(`Boot device '${twice}' was given twice`, where);
}

/** A picture that cannot be had is told, and no more, as in QEMU. @throws OptionError */
export function readBoot(texts: readonly string[], warn: (text: string) => void): BootConfig {
  const { once, splash, ...boot } = parseBoot(texts);
  if (once !== undefined) throw new OptionError('no function defined to set boot device list for this architecture', `-boot once=${once}`);
  return splash === undefined ? boot : { ...boot, splash: readSplash(splash, warn) };
}

function readSplash(file: string, warn: (text: string) => void): FirmwareFile | undefined {
  noteInput('-boot splash=', file);
  try {
    const data = readImage('-boot splash=', file)!;
    const name = pictureName(data);
    if (name === undefined) warn(`splash file '${file}' format not recognized; must be JPEG or 24 bit BMP`);
    return name === undefined ? undefined : { name, data };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    warn(error.message);
    return undefined;
  }
}

function pictureName(data: Uint8Array): string | undefined {
  if (data[0] === 0xff && data[1] === 0xd8) return 'bootsplash.jpg';
  const isBmp = data[0] === 0x42 && data[1] === 0x4d && data.length > 30; // "BM"; at 28 bits a pixel
  return isBmp && data[28] === 24 && data[29] === 0 ? 'bootsplash.bmp' : undefined;
}
