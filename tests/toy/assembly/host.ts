// What the toy asks of its CPU.

/** Called while ENV_LOG_TRAPS is set. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, cause: i32, pc: u64): void;
