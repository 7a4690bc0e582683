// What the runtime asks of its host (TypeScript: src/accel/tcg/runtime.ts gives these functions at instantiation).

/** Makes the TB that ENV_PC, ENV_CODE_* and ENV_TB_FLAGS describe. 0: failed, with a guest fault pending if ENV_FAULT is set. */
// @ts-ignore: decorator
@external("host", "translate")
export declare function translate(env: usize, pcLo: u32, pcHi: u32): usize;

/** Reads a device register; the value goes to ENV_MMIO_VALUE. 0: done, 1: nothing answers there. */
// @ts-ignore: decorator
@external("host", "mmioRead")
export declare function mmioRead(env: usize, addr: f64, size: i32): i32;

/** Writes ENV_MMIO_VALUE to a device register. 0: done, 1: nothing answers there. */
// @ts-ignore: decorator
@external("host", "mmioWrite")
export declare function mmioWrite(env: usize, addr: f64, size: i32): i32;

/** Asks the running vCPU to leave if its slice is over by the clock. */
// @ts-ignore: decorator
@external("host", "checkSlice")
export declare function checkSlice(): void;

/** The TB has run another hotThreshold times in tci. */
// @ts-ignore: decorator
@external("host", "tbHot")
export declare function tbHot(tb: usize): void;

/** Generated code of the TB leaves too often for want of a TLB entry (TB_EXIT_INSIDE): it had better call the slow path. */
// @ts-ignore: decorator
@external("host", "tbMisses")
export declare function tbMisses(tb: usize): void;

/** The dispatcher has entered the TB's generated code often (TB_ENTERED): what leads there had better be one region with it. */
// @ts-ignore: decorator
@external("host", "tbEntered")
export declare function tbEntered(tb: usize): void;

/**
 * A TB of this region (TB_REGION) was invalidated: none of the region's code may be entered any more. In the first instance only, and under the engine's lock:
 * nothing of the runtime that takes it may be called.
 */
// @ts-ignore: decorator
@external("host", "regionInvalidated")
export declare function regionInvalidated(region: u32): void;

/** Code has come to a plugin's callback (src/plugin). */
// @ts-ignore: decorator
@external("host", "pluginCall")
export declare function pluginCall(env: usize, id: u32): void;

/** The same, behind an access of guest memory. `info`: INFO_* of src/tcg/instrument.ts. */
// @ts-ignore: decorator
@external("host", "pluginMem")
export declare function pluginMem(env: usize, id: u32, info: u32, address: u64, value: u64, operand: u64, other: u64): void;

/** With TELL_FILLS: what a TLB miss came to. `kind`: TLB_KIND_*; `phys`: -1: a fault. */
// @ts-ignore: decorator
@external("host", "tlbFilled")
export declare function tlbFilled(env: usize, lo: u32, hi: u32, kind: i32, mmuIdx: i32, phys: f64): void;

/** With TELL_DISCONTINUITIES: the vCPU did not go on after `from`, but at ENV_PC. `kind`: DISCON_*. */
// @ts-ignore: decorator
@external("host", "discontinuity")
export declare function discontinuity(env: usize, kind: u32, from: u64): void;

/** With ENGINE_ABSENT: `size` bytes of guest memory, within a page, are about to be looked at. They are there when it returns; it throws if they cannot be had. */
// @ts-ignore: decorator
@external("host", "fetchPage")
export declare function fetchPage(host: usize, size: u32): void;

/** All TBs are gone, since this instance was last inside: no address of one is good any more. */
// @ts-ignore: decorator
@external("host", "tbFlushed")
export declare function tbFlushed(): void;
