import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readBoot, readFwCfg } from './firmware-config.js';

const folder = mkdtempSync(join(tmpdir(), 'wemu-fw-cfg-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const bmp = (bits: number): Uint8Array => {
  const bytes = new Uint8Array(64);
  bytes.set([0x42, 0x4d]);
  bytes[28] = bits;
  return bytes;
};

let warnings: string[] = [];
beforeEach(() => void (warnings = []));
const warn = (text: string): void => void warnings.push(text);

describe('-fw_cfg', () => {
  const read = (...texts: string[]) => readFwCfg(texts, warn).map(({ name, data }) => [name, new TextDecoder().decode(data)]);

  it('takes texts and files, with the name first or anywhere', () => {
    const path = file('a', 'of a file');
    expect(read('opt/x,string=ä,,b', `file=${path},name=opt/y`, `name=opt/empty,file=${file('b', '')}`)).toEqual([
      ['opt/x', 'ä,b'],
      ['opt/y', 'of a file'],
      ['opt/empty', ''],
    ]);
    expect(warnings).toEqual([]);
  });

  it("warns of a name that is not the user's to give", () => {
    expect(read('etc/x,string=1')).toEqual([['etc/x', '1']]);
    expect(warnings).toEqual(['-fw_cfg etc/x,string=1: externally provided fw_cfg item names should be prefixed with "opt/"']);
  });

  // QEMU's words (10.0), but for those about files and unknown parameters
  const NEEDED = 'name, plus exactly one of file, string and gen_id, are needed';
  it.each([
    ['', NEEDED],
    ['opt/x', NEEDED],
    ['string=a', NEEDED],
    ['name=,string=a', NEEDED],
    ['opt/x,string=', NEEDED],
    ['opt/x,string=a,file=f', NEEDED],
    ['opt/x,gen_id=a,file=f', NEEDED],
    [`opt/${'x'.repeat(52)},string=a`, 'name too long (max. 55 char)'],
    ['opt/x,gen_id=a', "no object 'a' makes data for fw_cfg"],
    ['opt/x,file=/nothing/there', "cannot read '/nothing/there': no such file"],
    ['opt/x,string=a,data=1', "invalid parameter 'data'"],
  ])('refuses %s', (text, why) => expect(() => read(text)).toThrow(`-fw_cfg ${text}: ${why}`));
});

describe('-boot', () => {
  const read = (...texts: string[]) => readBoot(texts, warn);

  it('takes all that QEMU takes, the last of each', () => {
    expect(read('dc', 'order=n,menu=on,strict=on', 'splash-time=300,reboot-timeout=-1,menu=off')).toEqual({
      ...{ order: 'n', menu: false, splashTime: 300, rebootTimeout: -1 },
    });
  });

  it('takes a picture, JPEG or BMP of 24 bits, and tells what is none', () => {
    const [jpeg, good, bad] = [file('j', Uint8Array.of(0xff, 0xd8, 0xff)), file('g', bmp(24)), file('h', bmp(8))];
    expect(read(`splash=${jpeg}`).splash).toEqual({ name: 'bootsplash.jpg', data: expect.any(Uint8Array) as Uint8Array });
    expect(read(`splash=${good}`).splash?.name).toBe('bootsplash.bmp');
    expect(warnings).toEqual([]);
    expect([read(`splash=${bad}`).splash, read('splash=/nothing').splash]).toEqual([undefined, undefined]);
    expect(warnings).toEqual([
      `splash file '${bad}' format not recognized; must be JPEG or 24 bit BMP`,
      "-boot splash=: cannot read '/nothing': no such file",
    ]);
  });

  it.each([
    ['order=cxd', "Invalid boot device 'x'"],
    ['cdc', "Boot device 'c' was given twice"],
    ['once=Q', "Invalid boot device 'Q'"],
    ['once=d', 'no function defined to set boot device list for this architecture'],
    ['menu=1', "menu: invalid value '1'"],
    ['splash-time=65536', "splash-time: invalid value '65536'"],
    ['reboot-timeout=-2', "reboot-timeout: invalid value '-2'"],
    ['foo=1', "invalid parameter 'foo'"],
  ])('refuses %s', (text, why) => expect(() => read(text)).toThrow(`-boot ${text}: ${why}`));
});
