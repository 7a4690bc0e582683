/** What `-accel` names, as types for programs that ask what there is: accelerators are no objects here. Source: QEMU's accel/tcg/tcg-all.c. */
import { QObject, defineType, type TypeInfo } from '../qom/object.js';
import { bool, size, string } from '../qom/property.js';

abstract class Accel extends QObject {
  static override readonly type: TypeInfo = defineType('accel', QObject, Accel, { abstract: true });
}

class TcgAccel extends Accel {
  static override readonly type: TypeInfo = defineType('tcg-accel', Accel, TcgAccel, {
    properties: [
      bool('one-insn-per-tb', { description: 'Only put one guest insn in each translation block' }),
      string('thread'),
      size('tb-size', { description: 'TCG translation block cache size' }),
      bool('split-wx', { description: 'Map jit pages into separate RW and RX regions' }),
    ],
  });
  oneInsnPerTb = false;
  thread = 'single';
  tbSize = 0;
  splitWx = false;
}

export const ACCEL_TYPES: readonly TypeInfo[] = [Accel.type, TcgAccel.type];
