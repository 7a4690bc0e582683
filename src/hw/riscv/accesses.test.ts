/** Which sizes of access each device of the virt board answers, reads and writes: measured on QEMU 10.0 with a bare program. */
import { expect, it } from 'vitest';
import { MemTxResult } from '../../memory/access.js';
import { MiB } from '../../util/size.js';
import { IdleVirt } from './testing.js';

const [TEST, RTC, MSIP, MTIMER, PLIC, UART, FW_CFG] = [
  0x0010_0000, 0x0010_1000, 0x0200_0000, 0x0200_4000, 0x0c00_0000, 0x1000_0000, 0x1010_0000,
];

// name, address, sizes that can be read, sizes that can be written
const ANSWERS: [string, number, string, string][] = [
  ['finisher', TEST + 8, '2 4', '2 4'],
  ['last word of the finisher', TEST + 0xffc, '2 4', '2 4'],
  ['RTC time', RTC, '4 8', '4 8'],
  ['RTC time, high', RTC + 4, '4', '4'],
  ['RTC alarm', RTC + 8, '4 8', '4 8'],
  ['end of the RTC', RTC + 0x20, '4', '4'],
  ['behind the RTC', RTC + 0x24, '', ''],
  ['MSIP', MSIP, '4', '4'],
  ['MSIP of a hart that is not there', MSIP + 8, '4', '4'],
  ['mtimecmp', MTIMER, '4 8', '4 8'],
  ['mtimecmp, high', MTIMER + 4, '4', '4'],
  ['mtimecmp of a hart that is not there', MTIMER + 8, '4 8', '4 8'],
  ['mtime', MTIMER + 0x7ff8, '4 8', '4 8'],
  ['PLIC priority', PLIC + 8, '4', '4'],
  ['PLIC pending', PLIC + 0x1000, '4', '4'],
  ['PLIC enable', PLIC + 0x2000, '4', '4'],
  ['PLIC hole', PLIC + 0x10_0000, '4', '4'],
  ['PLIC threshold', PLIC + 0x20_0000, '4', '4'],
  ['UART', UART, '1 2 4 8', '1 2 4 8'],
  ['UART scratch', UART + 7, '1', '1'],
  ['behind the UART', UART + 8, '', ''],
  ['fw_cfg data', FW_CFG, '1 2 4 8', '1 2 4 8'],
  ['inside of fw_cfg data', FW_CFG + 4, '', ''],
  ['fw_cfg selector', FW_CFG + 8, '', '2'],
  ['fw_cfg DMA', FW_CFG + 0x10, '1 2 4 8', '4 8'],
  ['fw_cfg DMA, low', FW_CFG + 0x14, '1 2 4', '4'],
  ['inside of fw_cfg DMA', FW_CFG + 0x12, '1 2', ''],
];

it.each(ANSWERS)('%s', (_, address, reads, writes) => {
  const m = new IdleVirt({ ramSize: 16 * MiB });
  m.create();
  const answered = (access: (size: number) => MemTxResult) =>
    [1, 2, 4, 8].filter((size) => address % size === 0 && access(size) === MemTxResult.Ok).join(' ');
  expect(answered((size) => m.addressSpace.readTx(address, size))).toBe(reads);
  expect(answered((size) => m.addressSpace.writeTx(address, size, 0))).toBe(writes);
});
