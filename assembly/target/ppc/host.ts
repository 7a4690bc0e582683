// What the PowerPC target asks of its CPU.

/** The exception of a vector (EXC_*) is delivered; `pc` is what SRR0 gets. Called with TELL_TRAPS. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, index: i32, pc: u64): void;

/** Ticks of the time base's clock since the machine was made. */
// @ts-ignore: decorator
@external("target", "ticks")
export declare function ticks(env: usize): u64;

/** Cycles of the processor's clock since the machine was made. */
// @ts-ignore: decorator
@external("target", "cycles")
export declare function cycles(env: usize): u64;

/** What pmuDueCycles and pmuDueTicks say has changed: the CPU sets its timer anew, and calls ppcPmuSettle then. */
// @ts-ignore: decorator
@external("target", "pmuTimer")
export declare function pmuTimer(env: usize): void;

/** PPC_DEC_ZERO has changed: the CPU sets its timer anew, and calls ppcTimerTick one tick after it. */
// @ts-ignore: decorator
@external("target", "decrementerUpdate")
export declare function decrementerUpdate(env: usize): void;

/** A machine check has come while MSR[ME] is clear: the CPU is in the checkstop state. */
// @ts-ignore: decorator
@external("target", "checkstop")
export declare function checkstop(env: usize, cause: u32, pc: u64): void;

/** The guest has named an SPR that its model does not have. */
// @ts-ignore: decorator
@external("target", "noSpr")
export declare function noSpr(env: usize, spr: u32, isWrite: bool): void;
