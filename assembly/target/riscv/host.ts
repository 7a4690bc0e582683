// What the RISC-V target asks of the machine: functions that its CPU gives its vCPU (src/target/riscv/cpu.ts).

/** mtime: ticks of the machine's real-time counter (10 MHz on the virt board). */
// @ts-ignore: decorator
@external("target", "rdtime")
export declare function rdtime(env: usize): u64;

/** 16 bits from the machine's source of random numbers. */
// @ts-ignore: decorator
@external("target", "entropy")
export declare function entropy(env: usize): u32;

/** stimecmp, or whether it counts at all, has changed: the machine sets its timer anew and calls riscvTimerTick when time has come to RV_STIMECMP. */
// @ts-ignore: decorator
@external("target", "timerUpdate")
export declare function timerUpdate(env: usize): void;

/** The top interrupt of the hart's IMSIC, as mtopei or stopei has it; `claim`: it is pending no longer. Called only with RV_IMSIC. */
// @ts-ignore: decorator
@external("target", "imsicTop")
export declare function imsicTop(env: usize, supervisor: bool, claim: bool): u32;

/** A register of an interrupt file of the hart's IMSIC, by its number behind miselect or siselect: XLEN bits. */
// @ts-ignore: decorator
@external("target", "imsicRead")
export declare function imsicRead(env: usize, supervisor: bool, select: u32): u64;

// @ts-ignore: decorator
@external("target", "imsicWrite")
export declare function imsicWrite(env: usize, supervisor: bool, select: u32, value: u64): void;

/** M-mode's trap handler has trapped, and nobody is left to be told (Smdbltrp): the hart is in the critical-error state. */
// @ts-ignore: decorator
@external("target", "criticalError")
export declare function criticalError(env: usize, cause: u64, epc: u64): void;

/** A trap was delivered, for `-d int`: xcause, xepc and xtval as the guest sees them. Called only with TELL_TRAPS. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, cause: u64, epc: u64, tval: u64): void;
