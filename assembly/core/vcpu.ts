// Made by scripts/layout.js: the engine's part of env. Each accessor is one load or store, of the field's own type.

@inline
export function vcpu(env: usize): Vcpu {
  return changetype<Vcpu>(env);
}

@unmanaged
export class Vcpu {
  @inline
  private get at(): usize {
    return changetype<usize>(this);
  }

  @inline
  get budget(): i32 {
    return load<i32>(this.at, 0x00);
  }
  @inline
  set budget(value: i32) {
    store<i32>(this.at, value, 0x00);
  }

  @inline
  get exitRequest(): u32 {
    return load<u32>(this.at, 0x04);
  }
  @inline
  set exitRequest(value: u32) {
    atomic.store<u32>(this.at, value, 0x04);
  }
  @inline
  andExitRequest(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x04);
  }
  @inline
  orExitRequest(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x04);
  }
  @inline
  xchgExitRequest(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x04);
  }

  @inline
  get fault(): u32 {
    return load<u32>(this.at, 0x08);
  }
  @inline
  set fault(value: u32) {
    store<u32>(this.at, value, 0x08);
  }

  @inline
  get exceptionIndex(): i32 {
    return load<i32>(this.at, 0x0c);
  }
  @inline
  set exceptionIndex(value: i32) {
    store<i32>(this.at, value, 0x0c);
  }

  @inline
  get interruptRequest(): u32 {
    return load<u32>(this.at, 0x10);
  }
  @inline
  set interruptRequest(value: u32) {
    atomic.store<u32>(this.at, value, 0x10);
  }
  @inline
  andInterruptRequest(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x10);
  }
  @inline
  orInterruptRequest(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x10);
  }
  @inline
  xchgInterruptRequest(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x10);
  }

  @inline
  get halted(): u32 {
    return load<u32>(this.at, 0x14);
  }
  @inline
  set halted(value: u32) {
    store<u32>(this.at, value, 0x14);
  }

  @inline
  get mmuIdx(): i32 {
    return load<i32>(this.at, 0x18);
  }
  @inline
  set mmuIdx(value: i32) {
    store<i32>(this.at, value, 0x18);
  }

  @inline
  get cpuIndex(): u32 {
    return load<u32>(this.at, 0x1c);
  }
  @inline
  set cpuIndex(value: u32) {
    store<u32>(this.at, value, 0x1c);
  }

  @inline
  get tbFlags(): u32 {
    return load<u32>(this.at, 0x20);
  }
  @inline
  set tbFlags(value: u32) {
    store<u32>(this.at, value, 0x20);
  }

  @inline
  get csBase(): u32 {
    return load<u32>(this.at, 0x24);
  }
  @inline
  set csBase(value: u32) {
    store<u32>(this.at, value, 0x24);
  }

  @inline
  get insnCount(): u64 {
    return load<u64>(this.at, 0x28);
  }
  @inline
  set insnCount(value: u64) {
    store<u64>(this.at, value, 0x28);
  }

  @inline
  get mmioValue(): u64 {
    return load<u64>(this.at, 0x30);
  }
  @inline
  set mmioValue(value: u64) {
    store<u64>(this.at, value, 0x30);
  }

  @inline
  get jumpCache(): usize {
    return load<usize>(this.at, 0x38);
  }
  @inline
  set jumpCache(value: usize) {
    store<usize>(this.at, value, 0x38);
  }

  @inline
  get instance(): u32 {
    return load<u32>(this.at, 0x3c);
  }
  @inline
  set instance(value: u32) {
    store<u32>(this.at, value, 0x3c);
  }

  @inline
  get icount(): u32 {
    return load<u32>(this.at, 0x40);
  }
  @inline
  set icount(value: u32) {
    store<u32>(this.at, value, 0x40);
  }

  @inline
  get cflags(): u32 {
    return load<u32>(this.at, 0x44);
  }
  @inline
  set cflags(value: u32) {
    store<u32>(this.at, value, 0x44);
  }

  @inline
  get pc(): u64 {
    return load<u64>(this.at, 0x48);
  }
  @inline
  set pc(value: u64) {
    store<u64>(this.at, value, 0x48);
  }

  @inline
  get lastTb(): usize {
    return load<usize>(this.at, 0x50);
  }
  @inline
  set lastTb(value: usize) {
    store<usize>(this.at, value, 0x50);
  }

  @inline
  get slice(): i32 {
    return load<i32>(this.at, 0x54);
  }
  @inline
  set slice(value: i32) {
    store<i32>(this.at, value, 0x54);
  }

  @inline
  get returnRequest(): u32 {
    return load<u32>(this.at, 0x58);
  }
  @inline
  set returnRequest(value: u32) {
    atomic.store<u32>(this.at, value, 0x58);
  }
  @inline
  andReturnRequest(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x58);
  }
  @inline
  orReturnRequest(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x58);
  }
  @inline
  xchgReturnRequest(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x58);
  }

  @inline
  get codeHost(): usize {
    return load<usize>(this.at, 0x5c);
  }
  @inline
  set codeHost(value: usize) {
    store<usize>(this.at, value, 0x5c);
  }

  @inline
  get codePhys(): u64 {
    return load<u64>(this.at, 0x60);
  }
  @inline
  set codePhys(value: u64) {
    store<u64>(this.at, value, 0x60);
  }

  @inline
  get codeCflags(): u32 {
    return load<u32>(this.at, 0x68);
  }
  @inline
  set codeCflags(value: u32) {
    store<u32>(this.at, value, 0x68);
  }

  @inline
  get nextCpu(): usize {
    return load<usize>(this.at, 0x6c);
  }
  @inline
  set nextCpu(value: usize) {
    store<usize>(this.at, value, 0x6c);
  }

  @inline
  get tell(): u32 {
    return load<u32>(this.at, 0x70);
  }
  @inline
  set tell(value: u32) {
    store<u32>(this.at, value, 0x70);
  }

  @inline
  get jumpCacheHigh(): usize {
    return load<usize>(this.at, 0x74);
  }
  @inline
  set jumpCacheHigh(value: usize) {
    store<usize>(this.at, value, 0x74);
  }

  @inline
  get spaces(): usize {
    return load<usize>(this.at, 0x78);
  }
  @inline
  set spaces(value: usize) {
    store<usize>(this.at, value, 0x78);
  }

  @inline
  get space(): usize {
    return load<usize>(this.at, 0x7c);
  }
  @inline
  set space(value: usize) {
    store<usize>(this.at, value, 0x7c);
  }

  @inline
  get spaceClock(): u32 {
    return load<u32>(this.at, 0x80);
  }
  @inline
  set spaceClock(value: u32) {
    store<u32>(this.at, value, 0x80);
  }

  @inline
  get contended(): u32 {
    return load<u32>(this.at, 0x84);
  }
  @inline
  set contended(value: u32) {
    store<u32>(this.at, value, 0x84);
  }

  @inline
  get watchpointHit(): usize {
    return load<usize>(this.at, 0x88);
  }
  @inline
  set watchpointHit(value: usize) {
    store<usize>(this.at, value, 0x88);
  }

  @inline
  get scores(): usize {
    return load<usize>(this.at, 0x8c);
  }
  @inline
  set scores(value: usize) {
    store<usize>(this.at, value, 0x8c);
  }

  @inline
  get begun(): u64 {
    return load<u64>(this.at, 0x90);
  }
  @inline
  set begun(value: u64) {
    store<u64>(this.at, value, 0x90);
  }

  @inline
  get locator(): i32 {
    return load<i32>(this.at, 0x98);
  }
  @inline
  set locator(value: i32) {
    store<i32>(this.at, value, 0x98);
  }

  @inline
  get activity(): u32 {
    return load<u32>(this.at, 0xf8);
  }
  @inline
  set activity(value: u32) {
    store<u32>(this.at, value, 0xf8);
  }

  @inline
  frame(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x1000);
  }
  @inline
  setFrame(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x1000);
  }

  @inline
  get tlbDirty(): u32 {
    return load<u32>(this.at, 0x64c00);
  }
  @inline
  set tlbDirty(value: u32) {
    store<u32>(this.at, value, 0x64c00);
  }

  @inline
  get tlbRotor(): u32 {
    return load<u32>(this.at, 0x64c04);
  }
  @inline
  set tlbRotor(value: u32) {
    store<u32>(this.at, value, 0x64c04);
  }

  @inline
  tlbLarge(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x64c08);
  }
  @inline
  setTlbLarge(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x64c08);
  }

  @inline
  get tlbFlushes(): u32 {
    return load<u32>(this.at, 0x64c88);
  }
  @inline
  set tlbFlushes(value: u32) {
    store<u32>(this.at, value, 0x64c88);
  }

  @inline
  tlbPrivate(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x64c90);
  }
  @inline
  setTlbPrivate(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x64c90);
  }

  @inline
  tlbVictimsPrivate(index: i32): u8 {
    return load<u8>(this.at + index, 0x65890);
  }
  @inline
  setTlbVictimsPrivate(index: i32, value: u8): void {
    store<u8>(this.at + index, value, 0x65890);
  }

  @inline
  tlbFilled(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x658a8);
  }
  @inline
  setTlbFilled(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x658a8);
  }
}
