// Made by scripts/layout.js: PowerPC's part of env, from its start on. Each accessor is one load or store, of the field's own type.

@inline
export function ppc(env: usize): Ppc {
  return changetype<Ppc>(env);
}

@unmanaged
export class Ppc {
  @inline
  private get at(): usize {
    return changetype<usize>(this);
  }

  @inline
  gpr(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x100);
  }
  @inline
  setGpr(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x100);
  }

  @inline
  fpr(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x200);
  }
  @inline
  setFpr(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x200);
  }

  @inline
  cr(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x300);
  }
  @inline
  setCr(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x300);
  }

  @inline
  crSo(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x340);
  }
  @inline
  setCrSo(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x340);
  }

  @inline
  get lr(): u64 {
    return load<u64>(this.at, 0x380);
  }
  @inline
  set lr(value: u64) {
    store<u64>(this.at, value, 0x380);
  }

  @inline
  get ctr(): u64 {
    return load<u64>(this.at, 0x388);
  }
  @inline
  set ctr(value: u64) {
    store<u64>(this.at, value, 0x388);
  }

  @inline
  get so(): u64 {
    return load<u64>(this.at, 0x390);
  }
  @inline
  set so(value: u64) {
    store<u64>(this.at, value, 0x390);
  }

  @inline
  get ov(): u64 {
    return load<u64>(this.at, 0x398);
  }
  @inline
  set ov(value: u64) {
    store<u64>(this.at, value, 0x398);
  }

  @inline
  get ca(): u64 {
    return load<u64>(this.at, 0x3a0);
  }
  @inline
  set ca(value: u64) {
    store<u64>(this.at, value, 0x3a0);
  }

  @inline
  get xer(): u64 {
    return load<u64>(this.at, 0x3a8);
  }
  @inline
  set xer(value: u64) {
    store<u64>(this.at, value, 0x3a8);
  }

  @inline
  get reserve(): i64 {
    return load<i64>(this.at, 0x3b0);
  }
  @inline
  set reserve(value: i64) {
    store<i64>(this.at, value, 0x3b0);
  }

  @inline
  get reserveValue(): u64 {
    return load<u64>(this.at, 0x3b8);
  }
  @inline
  set reserveValue(value: u64) {
    store<u64>(this.at, value, 0x3b8);
  }

  @inline
  get fpOp(): u64 {
    return load<u64>(this.at, 0x3c0);
  }
  @inline
  set fpOp(value: u64) {
    store<u64>(this.at, value, 0x3c0);
  }

  @inline
  get fpA(): u64 {
    return load<u64>(this.at, 0x3c8);
  }
  @inline
  set fpA(value: u64) {
    store<u64>(this.at, value, 0x3c8);
  }

  @inline
  get fpB(): u64 {
    return load<u64>(this.at, 0x3d0);
  }
  @inline
  set fpB(value: u64) {
    store<u64>(this.at, value, 0x3d0);
  }

  @inline
  get fpC(): u64 {
    return load<u64>(this.at, 0x3d8);
  }
  @inline
  set fpC(value: u64) {
    store<u64>(this.at, value, 0x3d8);
  }

  @inline
  get fpCompared(): u64 {
    return load<u64>(this.at, 0x3e0);
  }
  @inline
  set fpCompared(value: u64) {
    store<u64>(this.at, value, 0x3e0);
  }

  @inline
  get fpX(): u64 {
    return load<u64>(this.at, 0x3e8);
  }
  @inline
  set fpX(value: u64) {
    store<u64>(this.at, value, 0x3e8);
  }

  @inline
  get fpY(): u64 {
    return load<u64>(this.at, 0x3f0);
  }
  @inline
  set fpY(value: u64) {
    store<u64>(this.at, value, 0x3f0);
  }

  @inline
  get fpscr(): u32 {
    return load<u32>(this.at, 0x3f8);
  }
  @inline
  set fpscr(value: u32) {
    store<u32>(this.at, value, 0x3f8);
  }

  @inline
  get msr(): u32 {
    return load<u32>(this.at, 0x480);
  }
  @inline
  set msr(value: u32) {
    store<u32>(this.at, value, 0x480);
  }

  @inline
  get errorCode(): u32 {
    return load<u32>(this.at, 0x484);
  }
  @inline
  set errorCode(value: u32) {
    store<u32>(this.at, value, 0x484);
  }

  @inline
  get faultAddr(): u32 {
    return load<u32>(this.at, 0x488);
  }
  @inline
  set faultAddr(value: u32) {
    store<u32>(this.at, value, 0x488);
  }

  @inline
  get resetMsr(): u32 {
    return load<u32>(this.at, 0x48c);
  }
  @inline
  set resetMsr(value: u32) {
    store<u32>(this.at, value, 0x48c);
  }

  @inline
  get resetVector(): u64 {
    return load<u64>(this.at, 0x490);
  }
  @inline
  set resetVector(value: u64) {
    store<u64>(this.at, value, 0x490);
  }

  @inline
  get srr0(): u32 {
    return load<u32>(this.at, 0x498);
  }
  @inline
  set srr0(value: u32) {
    store<u32>(this.at, value, 0x498);
  }

  @inline
  get srr1(): u32 {
    return load<u32>(this.at, 0x49c);
  }
  @inline
  set srr1(value: u32) {
    store<u32>(this.at, value, 0x49c);
  }

  @inline
  get fpConverted(): u64 {
    return load<u64>(this.at, 0x4a0);
  }
  @inline
  set fpConverted(value: u64) {
    store<u64>(this.at, value, 0x4a0);
  }

  @inline
  get fpV(): u64 {
    return load<u64>(this.at, 0x4a8);
  }
  @inline
  set fpV(value: u64) {
    store<u64>(this.at, value, 0x4a8);
  }

  @inline
  sr(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x4c0);
  }
  @inline
  setSr(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x4c0);
  }

  @inline
  get msrMask(): u32 {
    return load<u32>(this.at, 0x500);
  }
  @inline
  set msrMask(value: u32) {
    store<u32>(this.at, value, 0x500);
  }

  @inline
  get features(): u32 {
    return load<u32>(this.at, 0x504);
  }
  @inline
  set features(value: u32) {
    store<u32>(this.at, value, 0x504);
  }

  @inline
  get tlbSets(): u32 {
    return load<u32>(this.at, 0x508);
  }
  @inline
  set tlbSets(value: u32) {
    store<u32>(this.at, value, 0x508);
  }

  @inline
  get pending(): u32 {
    return load<u32>(this.at, 0x50c);
  }
  @inline
  set pending(value: u32) {
    atomic.store<u32>(this.at, value, 0x50c);
  }
  @inline
  andPending(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x50c);
  }
  @inline
  orPending(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x50c);
  }
  @inline
  xchgPending(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x50c);
  }

  @inline
  get lines(): u32 {
    return load<u32>(this.at, 0x510);
  }
  @inline
  set lines(value: u32) {
    atomic.store<u32>(this.at, value, 0x510);
  }
  @inline
  andLines(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x510);
  }
  @inline
  orLines(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x510);
  }
  @inline
  xchgLines(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x510);
  }

  @inline
  get stale(): u32 {
    return load<u32>(this.at, 0x514);
  }
  @inline
  set stale(value: u32) {
    store<u32>(this.at, value, 0x514);
  }

  @inline
  get timeOffset(): u64 {
    return load<u64>(this.at, 0x518);
  }
  @inline
  set timeOffset(value: u64) {
    store<u64>(this.at, value, 0x518);
  }

  @inline
  get decZero(): u64 {
    return load<u64>(this.at, 0x520);
  }
  @inline
  set decZero(value: u64) {
    store<u64>(this.at, value, 0x520);
  }

  @inline
  get decArmed(): u32 {
    return load<u32>(this.at, 0x528);
  }
  @inline
  set decArmed(value: u32) {
    store<u32>(this.at, value, 0x528);
  }

  @inline
  get busCause(): u32 {
    return load<u32>(this.at, 0x52c);
  }
  @inline
  set busCause(value: u32) {
    atomic.store<u32>(this.at, value, 0x52c);
  }
  @inline
  andBusCause(value: u32): u32 {
    return atomic.and<u32>(this.at, value, 0x52c);
  }
  @inline
  orBusCause(value: u32): u32 {
    return atomic.or<u32>(this.at, value, 0x52c);
  }
  @inline
  xchgBusCause(value: u32): u32 {
    return atomic.xchg<u32>(this.at, value, 0x52c);
  }

  @inline
  tgpr(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x530);
  }
  @inline
  setTgpr(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x530);
  }

  @inline
  sprg(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x550);
  }
  @inline
  setSprg(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x550);
  }

  @inline
  ibat(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x570);
  }
  @inline
  setIbat(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x570);
  }

  @inline
  dbat(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x5b0);
  }
  @inline
  setDbat(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x5b0);
  }

  @inline
  get dsisr(): u32 {
    return load<u32>(this.at, 0x5f0);
  }
  @inline
  set dsisr(value: u32) {
    store<u32>(this.at, value, 0x5f0);
  }

  @inline
  get dar(): u32 {
    return load<u32>(this.at, 0x5f4);
  }
  @inline
  set dar(value: u32) {
    store<u32>(this.at, value, 0x5f4);
  }

  @inline
  get sdr1(): u32 {
    return load<u32>(this.at, 0x5f8);
  }
  @inline
  set sdr1(value: u32) {
    store<u32>(this.at, value, 0x5f8);
  }

  @inline
  get ear(): u32 {
    return load<u32>(this.at, 0x5fc);
  }
  @inline
  set ear(value: u32) {
    store<u32>(this.at, value, 0x5fc);
  }

  @inline
  get hid0(): u32 {
    return load<u32>(this.at, 0x604);
  }
  @inline
  set hid0(value: u32) {
    store<u32>(this.at, value, 0x604);
  }

  @inline
  get hid1(): u32 {
    return load<u32>(this.at, 0x608);
  }
  @inline
  set hid1(value: u32) {
    store<u32>(this.at, value, 0x608);
  }

  @inline
  get hid2(): u32 {
    return load<u32>(this.at, 0x60c);
  }
  @inline
  set hid2(value: u32) {
    store<u32>(this.at, value, 0x60c);
  }

  @inline
  get iabr(): u32 {
    return load<u32>(this.at, 0x610);
  }
  @inline
  set iabr(value: u32) {
    store<u32>(this.at, value, 0x610);
  }

  @inline
  get dabr(): u32 {
    return load<u32>(this.at, 0x614);
  }
  @inline
  set dabr(value: u32) {
    store<u32>(this.at, value, 0x614);
  }

  @inline
  get dmiss(): u32 {
    return load<u32>(this.at, 0x618);
  }
  @inline
  set dmiss(value: u32) {
    store<u32>(this.at, value, 0x618);
  }

  @inline
  get dcmp(): u32 {
    return load<u32>(this.at, 0x61c);
  }
  @inline
  set dcmp(value: u32) {
    store<u32>(this.at, value, 0x61c);
  }

  @inline
  get hash1(): u32 {
    return load<u32>(this.at, 0x620);
  }
  @inline
  set hash1(value: u32) {
    store<u32>(this.at, value, 0x620);
  }

  @inline
  get hash2(): u32 {
    return load<u32>(this.at, 0x624);
  }
  @inline
  set hash2(value: u32) {
    store<u32>(this.at, value, 0x624);
  }

  @inline
  get imiss(): u32 {
    return load<u32>(this.at, 0x628);
  }
  @inline
  set imiss(value: u32) {
    store<u32>(this.at, value, 0x628);
  }

  @inline
  get icmp(): u32 {
    return load<u32>(this.at, 0x62c);
  }
  @inline
  set icmp(value: u32) {
    store<u32>(this.at, value, 0x62c);
  }

  @inline
  get rpa(): u32 {
    return load<u32>(this.at, 0x630);
  }
  @inline
  set rpa(value: u32) {
    store<u32>(this.at, value, 0x630);
  }

  @inline
  thrm(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x634);
  }
  @inline
  setThrm(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x634);
  }

  @inline
  get l2cr(): u32 {
    return load<u32>(this.at, 0x640);
  }
  @inline
  set l2cr(value: u32) {
    store<u32>(this.at, value, 0x640);
  }

  @inline
  get ictc(): u32 {
    return load<u32>(this.at, 0x644);
  }
  @inline
  set ictc(value: u32) {
    store<u32>(this.at, value, 0x644);
  }

  @inline
  get mmcr0(): u32 {
    return load<u32>(this.at, 0x648);
  }
  @inline
  set mmcr0(value: u32) {
    store<u32>(this.at, value, 0x648);
  }

  @inline
  get mmcr1(): u32 {
    return load<u32>(this.at, 0x64c);
  }
  @inline
  set mmcr1(value: u32) {
    store<u32>(this.at, value, 0x64c);
  }

  @inline
  get mmcr2(): u32 {
    return load<u32>(this.at, 0x650);
  }
  @inline
  set mmcr2(value: u32) {
    store<u32>(this.at, value, 0x650);
  }

  @inline
  pmc(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x654);
  }
  @inline
  setPmc(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x654);
  }

  @inline
  get sia(): u32 {
    return load<u32>(this.at, 0x664);
  }
  @inline
  set sia(value: u32) {
    store<u32>(this.at, value, 0x664);
  }

  @inline
  get sda(): u32 {
    return load<u32>(this.at, 0x668);
  }
  @inline
  set sda(value: u32) {
    store<u32>(this.at, value, 0x668);
  }

  @inline
  plain(index: i32): u32 {
    return load<u32>(this.at + index * 4, 0x66c);
  }
  @inline
  setPlain(index: i32, value: u32): void {
    store<u32>(this.at + index * 4, value, 0x66c);
  }

  @inline
  get pmuSignaled(): u32 {
    return load<u32>(this.at, 0x6bc);
  }
  @inline
  set pmuSignaled(value: u32) {
    store<u32>(this.at, value, 0x6bc);
  }

  @inline
  get pvr(): u32 {
    return load<u32>(this.at, 0x6c0);
  }
  @inline
  set pvr(value: u32) {
    store<u32>(this.at, value, 0x6c0);
  }

  @inline
  get cached(): u32 {
    return load<u32>(this.at, 0x6c4);
  }
  @inline
  set cached(value: u32) {
    store<u32>(this.at, value, 0x6c4);
  }

  @inline
  get pmuActive(): u32 {
    return load<u32>(this.at, 0x6c8);
  }
  @inline
  set pmuActive(value: u32) {
    store<u32>(this.at, value, 0x6c8);
  }

  @inline
  get pmuCounting(): u32 {
    return load<u32>(this.at, 0x6cc);
  }
  @inline
  set pmuCounting(value: u32) {
    store<u32>(this.at, value, 0x6cc);
  }

  @inline
  get pmuWatched(): u32 {
    return load<u32>(this.at, 0x6d0);
  }
  @inline
  set pmuWatched(value: u32) {
    store<u32>(this.at, value, 0x6d0);
  }

  @inline
  pmuBase(index: i32): u64 {
    return load<u64>(this.at + index * 8, 0x6d8);
  }
  @inline
  setPmuBase(index: i32, value: u64): void {
    store<u64>(this.at + index * 8, value, 0x6d8);
  }

  @inline
  get pmuTransitions(): u64 {
    return load<u64>(this.at, 0x6f8);
  }
  @inline
  set pmuTransitions(value: u64) {
    store<u64>(this.at, value, 0x6f8);
  }

  @inline
  get pmuSwitches(): u64 {
    return load<u64>(this.at, 0x700);
  }
  @inline
  set pmuSwitches(value: u64) {
    store<u64>(this.at, value, 0x700);
  }
}
