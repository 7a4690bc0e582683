// What the PowerPC target asks of its CPU.

/** Exception EXC_* is delivered; `pc` is what SRR0 gets. Called while ENV_LOG_TRAPS is set. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, index: i32, pc: u64): void;
