/** The tables of QEMU 10.0's virt, byte by byte (read from its fw_cfg by qtest), and what `-smbios` makes of them. */
import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '../../util/size.js';
import { parseSmbios } from './options.js';
import { buildSmbios, type SmbiosBoard } from './tables.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
const hex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');

const DEFAULT = [
  '011b0001010203000000000000000000000000000000000006000051454d550051454d55205669727475616c204d616368696e6500766972740000',
  '0316000301010200000303030200000000000000000051454d5500766972740000',
  '043000040103fe02000000000000000003000000d007d0074101ffffffffffff0000000101010200010201000100010043505520300051454d5500766972740000',
  '1017001001030600000200feff010000000000000000000000',
  '112800110010feffffffffff8000090001000702000000020000000000000000000000000000000044494d4d20300051454d550000',
  '131f001300002000ffff2100001001000000000000000000000000000000000000',
  '200b0020000000000000000000',
  '7f04007f0000',
];
const FILES: Record<string, string> = {
  oem: '800501000968690000',
  system: '011b010000000000000000000000000000000000000000000000000000',
  both: '800501000968690000011b010000000000000000000000000000000000000000000000000000',
  text: '66726f6d2066696c650a',
  nul: '610062',
  short: '800501',
  noEnd: '80050100096869',
};

const virt: SmbiosBoard = {
  ...{ manufacturer: 'QEMU', product: 'QEMU Virtual Machine', version: 'virt', processorFamily: 0x201 },
  topology: { sockets: 1, cores: 1, threads: 1 },
  ram: [0x8000_0000, 128 * MiB],
  pciDevice: (id) => (id === 'p' ? 8 : undefined),
};
const tablesOf = (texts: readonly string[], board: Partial<SmbiosBoard> = {}) =>
  buildSmbios(
    { ...virt, ...board },
    parseSmbios(texts, (name) => bytes(FILES[name])),
  );

/** The structures that are not the usual ones. */
function changed(tables: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0, end; at < tables.length; at = end) {
    end = at + tables[at + 1];
    while (tables[end] || tables[end + 1]) end++;
    end += 2;
    found.push(hex(tables.subarray(at, end)));
  }
  return found.filter((structure) => !DEFAULT.includes(structure));
}

describe('SMBIOS', () => {
  it('has what QEMU says of the machine, and an entry point with their length', () => {
    const { tables, anchor } = tablesOf([]);
    expect(hex(tables)).toBe(DEFAULT.join(''));
    expect(hex(anchor)).toBe('5f534d335f001803000001001f0100000000000000000000');
  });

  it.each<[string[], string[]]>([
    [['type=0'], ['00180000000000e80000080000000000000000140000ffff0000']],
    [
      ['type=0,vendor=V,version=1.2,date=01/02/2020,release=3.4,uefi=on'],
      ['00180000010200e803000800000000000000001c0304ffff5600312e320030312f30322f323032300000'],
    ],
    [
      ['type=1,manufacturer=M,product=P,version=V,serial=S,uuid=00112233-4455-6677-8899-aabbccddeeff,sku=K,family=F'],
      ['011b00010102030433221100554477668899aabbccddeeff0605064d005000560053004b00460000'],
    ],
    [
      ['type=1,serial=a', 'type=1,product=b', 'type=1,serial=c,manufacturer='],
      ['011b0001000102030000000000000000000000000000000006000062007669727400630000'],
    ],
    [
      ['type=2,manufacturer=M,product=P,version=V,serial=S,asset=A,location=L'],
      ['020f00020102030405010600030a004d0050005600530041004c0000'],
    ],
    [['type=2,serial=S'], ['020f00020102030400010000030a0051454d550051454d55205669727475616c204d616368696e65007669727400530000']],
    [['type=3,manufacturer=M,version=V,serial=S,asset=A,sku=K'], ['031600030101020304030303020000000000000000054d005600530041004b0000']],
    [
      [
        'type=4,sock_pfx=SP,manufacturer=M,version=V,serial=S,asset=A,part=P,max-speed=3000,current-speed=1000,processor-family=1,processor-id=81985529216486895',
      ],
      ['043000040103fe02efcdab896745230103000000b80be8034101ffffffffffff0405060101010200010201000100010053502030004d00560053004100500000'],
    ],
    [
      ['type=8', 'type=8,external_reference=E,internal_reference=I,connector_type=1,port_type=2'],
      ['0809000000000000000000', '0809010001000201024900450000'],
    ],
    [['type=11'], []],
    [['type=11,value=a,path=text,value=', 'type=11,value=b'], ['0b05000e04610066726f6d2066696c650a00620000']],
    [
      ['type=17,loc_pfx=L,bank=B,manufacturer=M,serial=S,asset=A,part=P,speed=100'],
      ['112800110010feffffffffff800009000102070200640003040506000000000064000000000000004c20300042004d0053004100500000'],
    ],
    [
      ['type=41', 'type=41,designation=D,kind=sas,instance=2', 'type=41,kind=ethernet,pcidev=p'],
      ['290b0029008101000000000000', '290b0129018a0200000000440000', '290b0229008501000000080000'],
    ],
    [
      ['file=oem', 'type=0x1,serial=x'],
      [
        '800501000968690000',
        '011b0001010203040000000000000000000000000000000006000051454d550051454d55205669727475616c204d616368696e65007669727400780000',
      ],
    ],
    [['file=system'], ['011b010000000000000000000000000000000000000000000000000000']],
    [['file=both'], ['800501000968690000', '011b010000000000000000000000000000000000000000000000000000']],
  ])('%j', (texts, expected) => expect(changed(tablesOf(texts).tables)).toEqual(expected));

  it.each<[string, Partial<SmbiosBoard>, string[]]>([
    [
      'UUID',
      { uuid: '00112233-4455-6677-8899-aabbccddeeff' },
      ['011b00010102030033221100554477668899aabbccddeeff06000051454d550051454d55205669727475616c204d616368696e6500766972740000'],
    ],
    [
      'sockets',
      { topology: { sockets: 2, cores: 2, threads: 2 } },
      [0, 1].map(
        (n) =>
          `04300${n}040103fe02000000000000000003000000d007d0074101ffffffffffff0000000202040200010202000200040043505520${30 + n}0051454d5500766972740000`,
      ),
    ],
    [
      'more cores than a byte can say',
      { topology: { sockets: 1, cores: 300, threads: 1 } },
      [
        '043000040103fe02000000000000000003000000d007d0074101ffffffffffff000000ffffff020001022c012c012c0143505520300051454d5500766972740000',
      ],
    ],
    [
      'memory',
      { ram: [0x8000_0000, 5 * GiB] },
      [
        '1017001001030600005000feff010000000000000000000000',
        '112800110010feffffffffff0014090001000702000000020000000000000000000000000000000044494d4d20300051454d550000',
        '131f001300002000ffff6f00001001000000000000000000000000000000000000',
      ],
    ],
  ])("has the board's %s", (_, board, expected) => expect(changed(tablesOf([], board).tables)).toEqual(expected));

  // QEMU's words, where it has some: it takes files that are damaged, and devices that are not there, and writes nonsense
  it.each<[string[], string]>([
    [['foo'], '-smbios foo: Must specify type= or file='],
    [['type=5,x=y'], "Don't know how to build fields for SMBIOS type 5"],
    [['type=256'], "type: invalid value '256'"],
    [['type=0,foo=1'], "invalid parameter 'foo'"],
    [['type=0,release=1'], 'Invalid release'],
    [['type=0,release=256.1'], 'Invalid release'],
    [['type=1,uuid=x'], 'Invalid UUID'],
    [['type=4,max-speed=70000'], "max-speed: invalid value '70000'"],
    [['type=41,kind=foo'], "kind: invalid value 'foo'"],
    [['type=41,pcidev=nope'], "there is no PCI device 'nope' on the root bus"],
    [['type=11,path=nul'], 'NUL in OEM strings value in nul'],
    [['file=oem,type=1'], "invalid parameter 'type'"],
    [['file=system', 'type=1,serial=a'], "-smbios type=1,serial=a: can't add fields, binary file already loaded!"],
    [['type=1', 'file=both'], "-smbios file=both: can't load type 1 struct, fields already specified!"],
    [['file=short'], '-smbios file=short: the file is no SMBIOS structure'],
    [['file=noEnd'], '-smbios file=noEnd: the file is no SMBIOS structure'],
  ])('refuses %j', (texts, why) => expect(() => tablesOf(texts)).toThrow(why));
});
