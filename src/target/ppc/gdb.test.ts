import { expect, it } from 'vitest';
import { describeToGdb } from './gdb.js';
import { SPRS } from './sprs.js';

/** What QEMU 10.0 tells of a 604 (power-spr.xml), but for XER, LR, CTR and a time base that cannot be read: name and number. */
const QEMU_604 =
  'dsisr 107 dar 108 dec 109 sdr1 110 srr0 111 srr1 112 tbl 113 tbu 114 sprg0 115 sprg1 116 sprg2 117 sprg3 118 ear 119 pvr 122 ibat0u 123 ibat0l 124 ' +
  'ibat1u 125 ibat1l 126 ibat2u 127 ibat2l 128 ibat3u 129 ibat3l 130 dbat0u 131 dbat0l 132 dbat1u 133 dbat1l 134 dbat2u 135 dbat2l 136 dbat3u 137 ' +
  'dbat3l 138 mmcr0 139 pmc1 140 pmc2 141 sia 142 sda 143 hid0 144 iabr 145 dabr 146 pir 147';

it("SPRs have QEMU's numbers", () => {
  const { registers } = describeToGdb(SPRS['604']).features.at(-1)!;
  expect(registers.map(({ name, number }) => `${name} ${number}`).join(' ')).toBe(QEMU_604);
});

it.each(Object.entries(SPRS))('each name and number is there once: %s', (_, sprs) => {
  const registers = describeToGdb(sprs).features.flatMap((feature) => feature.registers);
  for (const key of ['name', 'number'] as const) expect(new Set(registers.map((each) => each[key])).size).toBe(registers.length);
});
