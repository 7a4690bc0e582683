// What the RISC-V target asks of the machine.

/** mtime: ticks of the machine's real-time counter (10 MHz on the virt board), exact to 2^53. */
// @ts-ignore: decorator
@external("host", "rdtime")
export declare function rdtime(env: usize): f64;

/** stimecmp, or whether it counts at all, has changed: the machine sets its timer anew and calls riscvTimerTick when time has come to RV_STIMECMP. */
// @ts-ignore: decorator
@external("host", "timerUpdate")
export declare function timerUpdate(env: usize): void;
