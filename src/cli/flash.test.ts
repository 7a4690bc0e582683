import { expect, it } from 'vitest';
import { parseDrives } from '../system/drive-options.js';
import { strayFlash } from './flash.js';

const KEPT = ['mxfc-flash-code', 'mxfc-flash-data', 'mxfc-eeprom'];
const stray = (drives: readonly string[], { devices = [] as string[], kept = KEPT } = {}): string[] =>
  strayFlash(parseDrives({ drive: drives.map((text) => `file=x,format=raw,${text}`) }), kept, devices);

it.each([
  ['if=none,id=mxfc-eprom', "-drive id=mxfc-eprom: no part of this board has such a drive; did you mean 'mxfc-eeprom'?"],
  ['if=none,id=MXFC-flash-data', "-drive id=MXFC-flash-data: no part of this board has such a drive; did you mean 'mxfc-flash-data'?"],
  ['if=none,id=mxfc-ram', `-drive id=mxfc-ram: no part of this board has such a drive (it has ${KEPT.join(', ')})`],
])("%s is told to be nobody's", (drive, says) => expect(stray([drive])).toEqual([says]));

it("what is somebody's, or may well be, is not told", () => {
  expect(stray([...KEPT.map((id) => `if=none,id=${id}`), 'if=none,id=disk0', 'if=none'])).toEqual([]);
  expect(stray(['if=none,id=mxfc-eprom'], { devices: ['virtio-blk-pci,drive=mxfc-eprom'] })).toEqual([]);
  expect(stray(['if=none,id=mxfc-eprom'], { kept: [] })).toEqual([]);
});
