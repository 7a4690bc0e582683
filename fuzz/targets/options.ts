/** What the user types: whatever it is, it is understood, or one line says why not. */
import { IdleVirt } from '../../src/hw/riscv/testing.js';
import { parseOptions } from '../../src/qom/option-list.js';
import { parseChardev, parseChardevReference } from '../../src/system/chardev-options.js';
import { parseActions, parseGlobal, parseIcount, parseMemory, parseName, parseRtc, parseSmp, parseUuid } from '../../src/system/options.js';
import { logFileName, parseLogItems, parseTrace, parseTraceEvents } from '../../src/system/log-options.js';
import { readConfig } from '../../src/system/readconfig.js';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { readArguments, parsePlugin } from '../../src/plugin/arguments.js';
import insn from '../../src/plugins/insn.js';
import { parseRanges } from '../../src/util/address-range.js';
import { parseMon } from '../../src/cli/monitors.js';
import { parseAccel } from '../../src/cli/common/accel.js';
import { MiB } from '../../src/util/size.js';
import type { Target } from '../target.js';
import { oneLine } from './images.js';

const TEXTS = [
  ...['virt,aclint=off', 'rv64,zba=on,v=false', '512M', '0x10', '1.5G', 'cpus=1,sockets=1,cores=1,threads=1', 'shift=7', 'in_asm,op'],
  ...['virtio-rng-device,id=a,max-bytes=1024,period=1000', 'virtio-mmio.force-legacy=on', 'driver=d,property=p,value=v', 'help', '?'],
  ...[
    'tcg,thread=sync,threshold=1,fma=off,passes=dce+vacuum',
    'a=b,,c,nod,e',
    '+zba',
    'rv64,+zba,-zbb',
    'loader,addr=0x80000000,data=1,data-len=4',
    'socket,id=c,host=h,port=1,server=on,wait=off,nodelay,mux=on,logfile=l',
    'file,id=c,path=p,append=on,input-path=i',
    'tcp:[::1]:5,server,nowait',
    'mon:unix:p,server=on',
    'ringbuf,id=c,size=4k',
    'chardev=c,mode=control,pretty=on',
    'reboot=shutdown,panic=none,watchdog=pause',
    '12345678-1234-1234-1234-123456789abc',
    '[device "d"]~ driver = "x"~# c~[memory]~size="1"',
    'log-%d',
    'enable=virtio_*,events=e,file=f',
    '-serial_*~#~x',
    '0x80000000+0x100,0x1000..0x2000,16-8',
    'insn,inline=off,arg=sizes=on,match=lw',
  ],
];
const parsers: readonly ((text: string) => unknown)[] = [
  (text) => parseOptions('-device', text, 'driver').entries,
  parseMemory,
  parseSmp,
  parseIcount,
  parseGlobal,
  parseLogItems,
  (text) => parseTrace(text),
  (text) => parseTraceEvents(text.replaceAll('~', '\n'), 'file'),
  (text) => parseRanges(text),
  (text) => readArguments(insn, parsePlugin(text).args),
  parseAccel,
  (text) => parseRtc(text),
  (text) => parseCpuConfig(text),
  parseChardev,
  (text) => parseChardevReference('-serial', text, 'serial0'),
  (text) => parseActions([text]),
  (text) => parseName([text]),
  parseUuid,
  (text) => logFileName(text, 1),
  parseMon,
  (text) => readConfig('file', text.replaceAll('~', '\n')),
];

/** Printable: the terminal's own characters are another matter, since what was typed is shown again. */
const printable = (input: Uint8Array): string => [...input].map((byte) => String.fromCharCode(0x20 + (byte % 0x5f))).join('');

export const optionsTarget: Target = {
  name: 'options',
  most: 200,
  seeds: () => TEXTS.map((text) => new TextEncoder().encode(text).map((byte) => byte - 0x20)),
  run(input) {
    const text = printable(input);
    for (const parse of parsers) oneLine(() => parse(text));
    oneLine(() => new IdleVirt({ ramSize: MiB, devices: [text] }).create());
    oneLine(() => {
      const list = parseOptions('-machine', text, 'type');
      list.string('type');
      new IdleVirt({ ramSize: MiB, properties: list.rest() }).create();
    });
  },
};
