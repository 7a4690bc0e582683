// What the RISC-V target asks of the machine: functions that its CPU gives its vCPU (src/target/riscv/cpu.ts).

/** mtime: ticks of the machine's real-time counter (10 MHz on the virt board). */
// @ts-ignore: decorator
@external("target", "rdtime")
export declare function rdtime(env: usize): u64;

/** stimecmp, or whether it counts at all, has changed: the machine sets its timer anew and calls riscvTimerTick when time has come to RV_STIMECMP. */
// @ts-ignore: decorator
@external("target", "timerUpdate")
export declare function timerUpdate(env: usize): void;

/** A trap was delivered, for `-d int`: xcause, xepc and xtval as the guest sees them. Called only while ENV_LOG_TRAPS is set. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, cause: u64, epc: u64, tval: u64): void;
