// Made by scripts/layout.js: RISC-V's part of env, from its start on. Each accessor is one load or store, of the field's own type.

@inline
export function hart(env: usize): Hart {
  return changetype<Hart>(env);
}

@unmanaged
export class Hart {
  @inline
  private get at(): usize {
    return changetype<usize>(this);
  }

  @inline
  x(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x100);
  }
  @inline
  setX(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x100);
  }

  @inline
  f(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x200);
  }
  @inline
  setF(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x200);
  }

  @inline
  get loadRes(): i64 {
    return load<i64>(this.at, 0x300);
  }
  @inline
  set loadRes(value: i64) {
    store<i64>(this.at, value, 0x300);
  }

  @inline
  get loadVal(): u64 {
    return load<u64>(this.at, 0x308);
  }
  @inline
  set loadVal(value: u64) {
    store<u64>(this.at, value, 0x308);
  }

  @inline
  get priv(): i32 {
    return load<i32>(this.at, 0x310);
  }
  @inline
  set priv(value: i32) {
    store<i32>(this.at, value, 0x310);
  }

  @inline
  get xlen(): u32 {
    return load<u32>(this.at, 0x314);
  }
  @inline
  set xlen(value: u32) {
    store<u32>(this.at, value, 0x314);
  }

  @inline
  get frm(): u32 {
    return load<u32>(this.at, 0x318);
  }
  @inline
  set frm(value: u32) {
    store<u32>(this.at, value, 0x318);
  }

  @inline
  get fflags(): u32 {
    return load<u32>(this.at, 0x31c);
  }
  @inline
  set fflags(value: u32) {
    store<u32>(this.at, value, 0x31c);
  }

  @inline
  get mstatus(): u64 {
    return load<u64>(this.at, 0x320);
  }
  @inline
  set mstatus(value: u64) {
    store<u64>(this.at, value, 0x320);
  }

  @inline
  get misa(): u64 {
    return load<u64>(this.at, 0x328);
  }
  @inline
  set misa(value: u64) {
    store<u64>(this.at, value, 0x328);
  }

  @inline
  get mie(): u64 {
    return load<u64>(this.at, 0x330);
  }
  @inline
  set mie(value: u64) {
    store<u64>(this.at, value, 0x330);
  }

  @inline
  get mip(): u64 {
    return load<u64>(this.at, 0x338);
  }
  @inline
  set mip(value: u64) {
    store<u64>(this.at, value, 0x338);
  }

  @inline
  get mideleg(): u64 {
    return load<u64>(this.at, 0x340);
  }
  @inline
  set mideleg(value: u64) {
    store<u64>(this.at, value, 0x340);
  }

  @inline
  get medeleg(): u64 {
    return load<u64>(this.at, 0x348);
  }
  @inline
  set medeleg(value: u64) {
    store<u64>(this.at, value, 0x348);
  }

  @inline
  get mtvec(): u64 {
    return load<u64>(this.at, 0x350);
  }
  @inline
  set mtvec(value: u64) {
    store<u64>(this.at, value, 0x350);
  }

  @inline
  get mscratch(): u64 {
    return load<u64>(this.at, 0x358);
  }
  @inline
  set mscratch(value: u64) {
    store<u64>(this.at, value, 0x358);
  }

  @inline
  get mepc(): u64 {
    return load<u64>(this.at, 0x360);
  }
  @inline
  set mepc(value: u64) {
    store<u64>(this.at, value, 0x360);
  }

  @inline
  get mcause(): u64 {
    return load<u64>(this.at, 0x368);
  }
  @inline
  set mcause(value: u64) {
    store<u64>(this.at, value, 0x368);
  }

  @inline
  get mtval(): u64 {
    return load<u64>(this.at, 0x370);
  }
  @inline
  set mtval(value: u64) {
    store<u64>(this.at, value, 0x370);
  }

  @inline
  get mcounteren(): u64 {
    return load<u64>(this.at, 0x378);
  }
  @inline
  set mcounteren(value: u64) {
    store<u64>(this.at, value, 0x378);
  }

  @inline
  get stvec(): u64 {
    return load<u64>(this.at, 0x380);
  }
  @inline
  set stvec(value: u64) {
    store<u64>(this.at, value, 0x380);
  }

  @inline
  get sscratch(): u64 {
    return load<u64>(this.at, 0x388);
  }
  @inline
  set sscratch(value: u64) {
    store<u64>(this.at, value, 0x388);
  }

  @inline
  get sepc(): u64 {
    return load<u64>(this.at, 0x390);
  }
  @inline
  set sepc(value: u64) {
    store<u64>(this.at, value, 0x390);
  }

  @inline
  get scause(): u64 {
    return load<u64>(this.at, 0x398);
  }
  @inline
  set scause(value: u64) {
    store<u64>(this.at, value, 0x398);
  }

  @inline
  get stval(): u64 {
    return load<u64>(this.at, 0x3a0);
  }
  @inline
  set stval(value: u64) {
    store<u64>(this.at, value, 0x3a0);
  }

  @inline
  get scounteren(): u64 {
    return load<u64>(this.at, 0x3a8);
  }
  @inline
  set scounteren(value: u64) {
    store<u64>(this.at, value, 0x3a8);
  }

  @inline
  get satp(): u64 {
    return load<u64>(this.at, 0x3b0);
  }
  @inline
  set satp(value: u64) {
    store<u64>(this.at, value, 0x3b0);
  }

  @inline
  get stimecmp(): u64 {
    return load<u64>(this.at, 0x3b8);
  }
  @inline
  set stimecmp(value: u64) {
    store<u64>(this.at, value, 0x3b8);
  }

  @inline
  get menvcfg(): u64 {
    return load<u64>(this.at, 0x3c0);
  }
  @inline
  set menvcfg(value: u64) {
    store<u64>(this.at, value, 0x3c0);
  }

  @inline
  get senvcfg(): u64 {
    return load<u64>(this.at, 0x3c8);
  }
  @inline
  set senvcfg(value: u64) {
    store<u64>(this.at, value, 0x3c8);
  }

  @inline
  get mhartid(): u64 {
    return load<u64>(this.at, 0x3d0);
  }
  @inline
  set mhartid(value: u64) {
    store<u64>(this.at, value, 0x3d0);
  }

  @inline
  get badaddr(): u64 {
    return load<u64>(this.at, 0x3d8);
  }
  @inline
  set badaddr(value: u64) {
    store<u64>(this.at, value, 0x3d8);
  }

  @inline
  get bins(): u64 {
    return load<u64>(this.at, 0x3e0);
  }
  @inline
  set bins(value: u64) {
    store<u64>(this.at, value, 0x3e0);
  }

  @inline
  get jvt(): u64 {
    return load<u64>(this.at, 0x3e8);
  }
  @inline
  set jvt(value: u64) {
    store<u64>(this.at, value, 0x3e8);
  }

  @inline
  get mcountinhibit(): u64 {
    return load<u64>(this.at, 0x3f0);
  }
  @inline
  set mcountinhibit(value: u64) {
    store<u64>(this.at, value, 0x3f0);
  }

  @inline
  get minstretOffset(): i64 {
    return load<i64>(this.at, 0x3f8);
  }
  @inline
  set minstretOffset(value: i64) {
    store<i64>(this.at, value, 0x3f8);
  }

  @inline
  get mcycleOffset(): i64 {
    return load<i64>(this.at, 0x400);
  }
  @inline
  set mcycleOffset(value: i64) {
    store<i64>(this.at, value, 0x400);
  }

  @inline
  mhpmevent(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x408);
  }
  @inline
  setMhpmevent(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x408);
  }

  @inline
  mhpmcounter(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x508);
  }
  @inline
  setMhpmcounter(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x508);
  }

  @inline
  pmpcfg(index: i32): u8 {
    return load<u8>(this.at + index, 0x608);
  }
  @inline
  setPmpcfg(index: i32, value: u8): void {
    store<u8>(this.at + index, value, 0x608);
  }

  @inline
  pmpaddr(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x618);
  }
  @inline
  setPmpaddr(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x618);
  }

  @inline
  get extIrq(): u64 {
    return load<u64>(this.at, 0x698);
  }
  @inline
  set extIrq(value: u64) {
    atomic.store<u64>(this.at, value, 0x698);
  }
  @inline
  andExtIrq(value: u64): u64 {
    return atomic.and<u64>(this.at, value, 0x698);
  }
  @inline
  orExtIrq(value: u64): u64 {
    return atomic.or<u64>(this.at, value, 0x698);
  }
  @inline
  xchgExtIrq(value: u64): u64 {
    return atomic.xchg<u64>(this.at, value, 0x698);
  }

  @inline
  get maxSatpMode(): i32 {
    return load<i32>(this.at, 0x6a0);
  }
  @inline
  set maxSatpMode(value: i32) {
    store<i32>(this.at, value, 0x6a0);
  }

  @inline
  get resetVec(): u64 {
    return load<u64>(this.at, 0x6a8);
  }
  @inline
  set resetVec(value: u64) {
    store<u64>(this.at, value, 0x6a8);
  }

  @inline
  get masking(): u32 {
    return load<u32>(this.at, 0x6b0);
  }
  @inline
  set masking(value: u32) {
    store<u32>(this.at, value, 0x6b0);
  }

  @inline
  get mvendorid(): u64 {
    return load<u64>(this.at, 0x6b8);
  }
  @inline
  set mvendorid(value: u64) {
    store<u64>(this.at, value, 0x6b8);
  }

  @inline
  get marchid(): u64 {
    return load<u64>(this.at, 0x6c0);
  }
  @inline
  set marchid(value: u64) {
    store<u64>(this.at, value, 0x6c0);
  }

  @inline
  get mimpid(): u64 {
    return load<u64>(this.at, 0x6c8);
  }
  @inline
  set mimpid(value: u64) {
    store<u64>(this.at, value, 0x6c8);
  }

  @inline
  get softMip(): u64 {
    return load<u64>(this.at, 0x6d0);
  }
  @inline
  set softMip(value: u64) {
    store<u64>(this.at, value, 0x6d0);
  }

  @inline
  get privVersion(): u32 {
    return load<u32>(this.at, 0x6d8);
  }
  @inline
  set privVersion(value: u32) {
    store<u32>(this.at, value, 0x6d8);
  }

  @inline
  get pmpCount(): i32 {
    return load<i32>(this.at, 0x6dc);
  }
  @inline
  set pmpCount(value: i32) {
    store<i32>(this.at, value, 0x6dc);
  }

  @inline
  pmpFirst(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x6e0);
  }
  @inline
  setPmpFirst(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x6e0);
  }

  @inline
  pmpLast(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x760);
  }
  @inline
  setPmpLast(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x760);
  }

  @inline
  get semihosting(): u32 {
    return load<u32>(this.at, 0x7e0);
  }
  @inline
  set semihosting(value: u32) {
    store<u32>(this.at, value, 0x7e0);
  }

  @inline
  ext(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x7e8);
  }
  @inline
  setExt(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x7e8);
  }

  @inline
  get mseccfg(): u64 {
    return load<u64>(this.at, 0x7f8);
  }
  @inline
  set mseccfg(value: u64) {
    store<u64>(this.at, value, 0x7f8);
  }

  @inline
  get mtval2(): u64 {
    return load<u64>(this.at, 0x800);
  }
  @inline
  set mtval2(value: u64) {
    store<u64>(this.at, value, 0x800);
  }

  @inline
  mstateen(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x808);
  }
  @inline
  setMstateen(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x808);
  }

  @inline
  sstateen(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x828);
  }
  @inline
  setSstateen(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x828);
  }

  @inline
  get miselect(): u64 {
    return load<u64>(this.at, 0x848);
  }
  @inline
  set miselect(value: u64) {
    store<u64>(this.at, value, 0x848);
  }

  @inline
  get siselect(): u64 {
    return load<u64>(this.at, 0x850);
  }
  @inline
  set siselect(value: u64) {
    store<u64>(this.at, value, 0x850);
  }

  @inline
  get mnscratch(): u64 {
    return load<u64>(this.at, 0x858);
  }
  @inline
  set mnscratch(value: u64) {
    store<u64>(this.at, value, 0x858);
  }

  @inline
  get mnepc(): u64 {
    return load<u64>(this.at, 0x860);
  }
  @inline
  set mnepc(value: u64) {
    store<u64>(this.at, value, 0x860);
  }

  @inline
  get mncause(): u64 {
    return load<u64>(this.at, 0x868);
  }
  @inline
  set mncause(value: u64) {
    store<u64>(this.at, value, 0x868);
  }

  @inline
  get mnstatus(): u64 {
    return load<u64>(this.at, 0x870);
  }
  @inline
  set mnstatus(value: u64) {
    store<u64>(this.at, value, 0x870);
  }

  @inline
  get rnmiIrqvec(): u64 {
    return load<u64>(this.at, 0x878);
  }
  @inline
  set rnmiIrqvec(value: u64) {
    store<u64>(this.at, value, 0x878);
  }

  @inline
  get rnmiExcpvec(): u64 {
    return load<u64>(this.at, 0x880);
  }
  @inline
  set rnmiExcpvec(value: u64) {
    store<u64>(this.at, value, 0x880);
  }

  @inline
  get mvien(): u64 {
    return load<u64>(this.at, 0x888);
  }
  @inline
  set mvien(value: u64) {
    store<u64>(this.at, value, 0x888);
  }

  @inline
  get mvip(): u64 {
    return load<u64>(this.at, 0x890);
  }
  @inline
  set mvip(value: u64) {
    store<u64>(this.at, value, 0x890);
  }

  @inline
  get vsie(): u64 {
    return load<u64>(this.at, 0x898);
  }
  @inline
  set vsie(value: u64) {
    store<u64>(this.at, value, 0x898);
  }

  @inline
  miprio(index: i32): u8 {
    return load<u8>(this.at + index, 0x8a0);
  }
  @inline
  setMiprio(index: i32, value: u8): void {
    store<u8>(this.at + index, value, 0x8a0);
  }

  @inline
  siprio(index: i32): u8 {
    return load<u8>(this.at + index, 0x8e0);
  }
  @inline
  setSiprio(index: i32, value: u8): void {
    store<u8>(this.at + index, value, 0x8e0);
  }

  @inline
  get rnmiPending(): u32 {
    return load<u32>(this.at, 0x920);
  }
  @inline
  set rnmiPending(value: u32) {
    store<u32>(this.at, value, 0x920);
  }

  @inline
  get filtered(): u32 {
    return load<u32>(this.at, 0x924);
  }
  @inline
  set filtered(value: u32) {
    store<u32>(this.at, value, 0x924);
  }

  @inline
  get overflowing(): u32 {
    return load<u32>(this.at, 0x928);
  }
  @inline
  set overflowing(value: u32) {
    store<u32>(this.at, value, 0x928);
  }

  @inline
  get unusual(): u32 {
    return load<u32>(this.at, 0x92c);
  }
  @inline
  set unusual(value: u32) {
    store<u32>(this.at, value, 0x92c);
  }

  @inline
  get imsic(): u32 {
    return load<u32>(this.at, 0x930);
  }
  @inline
  set imsic(value: u32) {
    store<u32>(this.at, value, 0x930);
  }

  @inline
  get statusWritable(): u64 {
    return load<u64>(this.at, 0x938);
  }
  @inline
  set statusWritable(value: u64) {
    store<u64>(this.at, value, 0x938);
  }

  @inline
  get interrupts(): u64 {
    return load<u64>(this.at, 0x940);
  }
  @inline
  set interrupts(value: u64) {
    store<u64>(this.at, value, 0x940);
  }

  @inline
  tdata1(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x948);
  }
  @inline
  setTdata1(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x948);
  }

  @inline
  tdata2(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x958);
  }
  @inline
  setTdata2(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x958);
  }

  @inline
  get tselect(): u32 {
    return load<u32>(this.at, 0x968);
  }
  @inline
  set tselect(value: u32) {
    store<u32>(this.at, value, 0x968);
  }

  @inline
  get mcontext(): u64 {
    return load<u64>(this.at, 0x970);
  }
  @inline
  set mcontext(value: u64) {
    store<u64>(this.at, value, 0x970);
  }

  @inline
  get ssp(): u64 {
    return load<u64>(this.at, 0x978);
  }
  @inline
  set ssp(value: u64) {
    store<u64>(this.at, value, 0x978);
  }

  @inline
  get elp(): u32 {
    return load<u32>(this.at, 0x980);
  }
  @inline
  set elp(value: u32) {
    store<u32>(this.at, value, 0x980);
  }

  @inline
  get counting(): u32 {
    return load<u32>(this.at, 0x984);
  }
  @inline
  set counting(value: u32) {
    store<u32>(this.at, value, 0x984);
  }

  @inline
  pmpRanges(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0xa00);
  }
  @inline
  setPmpRanges(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0xa00);
  }
}
