import { describe, expect, it } from 'vitest';
import { parseDrives, shortDrive } from './drive-options.js';

const one = (text: string) => parseDrives({ drive: [text] }).drives[0];

describe('-drive', () => {
  it('as it is mostly written', () => {
    expect(one('file=fs.img,if=none,format=raw,id=x0')).toMatchObject({
      ...{ file: 'fs.img', interface: 'none', format: 'raw', id: 'x0', snapshot: false, locking: true },
      ...{ readonly: undefined, cache: undefined },
    });
    expect(one('file=a,,b')).toMatchObject({ file: 'a,b', interface: 'virtio', format: 'auto', id: 'virtio0' });
    expect(one('file.driver=file,file.filename=x:y,file.locking=off,driver=raw')).toMatchObject({
      file: 'x:y',
      locking: false,
      format: 'raw',
    });
  });

  it.each([
    ['readonly=on,snapshot=on', { readonly: true, snapshot: true }],
    ['read-only=on', { readonly: true }],
    ['cache=none,aio=native,media=disk', { cache: 'none' }],
    ['cache.writeback=off,cache.direct=on', { cache: 'writethrough' }],
    ['cache.no-flush=on', { cache: 'unsafe' }],
    ['discard=unmap,detect-zeroes=off', { discard: 'unmap' }],
    ['discard=off', { discard: 'ignore' }],
    ['rerror=stop,werror=ignore', { readError: 'stop', writeError: 'ignore' }],
    ['media=cdrom', { readonly: true }],
  ])('%s', (more, drive) => {
    expect(one(`file=x,${more}`)).toMatchObject(drive);
  });

  it('units: what is asked for, or the next', () => {
    const { drives, flash } = parseDrives({
      drive: [
        'file=a',
        'file=b,index=2',
        'file=c',
        'file=d',
        'if=pflash,file=f1,unit=1,readonly=on',
        'if=none,file=n',
        'file=f0,if=pflash',
      ],
      snapshot: true,
    });
    expect(drives.map(({ id, file, snapshot }) => [id, file, snapshot])).toEqual([
      ['virtio0', 'a', true],
      ['virtio2', 'b', true],
      ['virtio1', 'c', true],
      ['virtio3', 'd', true],
      ['none0', 'n', true],
    ]);
    expect(flash).toEqual([
      { unit: 1, file: 'f1', readOnly: true, snapshot: true },
      { unit: 0, file: 'f0', readOnly: false, snapshot: true },
    ]);
  });

  it('short forms', () => {
    const { drives } = parseDrives({ drive: [shortDrive('hda')!('a,b'), shortDrive('cdrom')!('c')] });
    expect(drives).toMatchObject([
      { id: 'virtio0', file: 'a,b', format: 'auto', interface: 'virtio' },
      { id: 'virtio2', file: 'c', readonly: true },
    ]);
  });

  it.each([
    ['if=none', /Device needs media, but drive is empty/],
    ['file=x,if=ide', /machine type does not support if=ide,bus=0,unit=0/],
    ['file=x,if=foo', /unsupported bus type 'foo'/],
    ['file=x,bps_rd=1000', /limits of a drive \(bps_rd=\) are not built yet/],
    ['file=x,throttling.iops-total=5', /limits of a drive/],
    ['file=x,index=1,unit=1', /index cannot be used with bus and unit/],
    ['file=x,bus=1', /machine type does not support if=virtio,bus=1,unit=0/],
    ['file=x,cache=warm', /cache: invalid value 'warm'/],
    ['file=http://x', /protocol 'http' is not built yet/],
    ['file=x,detect-zeroes=on', /detect-zeroes=on is not built yet/],
    ['file=x,copy-on-read=on', /copy-on-read is not built yet/],
    ['file=x,serial=1', /invalid parameter 'serial'/],
    ['file=x,id=1', /-drive file=x,id=1: Parameter 'id' expects an identifier/],
    ['file=x,media=cdrom,readonly=off', /a CD-ROM cannot be written to/],
  ])('refuses %s', (text, message) => {
    expect(() => one(text)).toThrow(message);
  });

  it('refuses a unit that is taken', () => {
    expect(() => parseDrives({ drive: ['file=a', 'file=b,index=0'] })).toThrow(/drive with bus=0, unit=0 \(index=0\) exists/);
    expect(() => parseDrives({ drive: ['if=pflash,file=a,unit=0', 'if=pflash,file=b,unit=0'] })).toThrow(/unit=0 \(index=-1\) exists/);
  });
});

describe('-blockdev', () => {
  const drive = { id: 'n', file: 'x', interface: 'none', format: 'raw', readonly: false };
  it.each([
    [['driver=raw,node-name=n,file.driver=file,file.filename=x'], drive],
    [['driver=file,node-name=f,filename=x', 'raw,node-name=n,file=f'], drive],
    [['{"driver":"raw","node-name":"n","read-only":true,"file":{"driver":"file","filename":"x"}}'], { ...drive, readonly: true }],
    [['driver=file,node-name=n,filename=x,cache.no-flush=on,locking=off'], { ...drive, cache: 'unsafe', locking: false }],
  ])('%j', (blockdev, expected) => {
    expect(parseDrives({ blockdev }).drives).toMatchObject([expected]);
  });
  it.each([
    [['driver=qcow2,node-name=n'], /block driver 'qcow2' is not built yet/],
    [['driver=raw,node-name=n'], /parameter 'file.filename' is missing/],
    [['driver=raw,node-name=n,file=nope'], /nor node-name='nope'/],
    [['driver=file,filename=x'], /parameter 'node-name' is missing/],
    [['driver=file,node-name=a,filename=x', 'driver=file,node-name=a,filename=y'], /Duplicate nodes with node-name='a'/],
    [['{"driver":'], /invalid JSON/],
  ])('refuses %j', (blockdev, message) => {
    expect(() => parseDrives({ blockdev })).toThrow(message);
  });
});
