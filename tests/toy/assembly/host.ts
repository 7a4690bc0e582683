// What the toy asks of its CPU.

/** Called with TELL_TRAPS. */
// @ts-ignore: decorator
@external("target", "logTrap")
export declare function logTrap(env: usize, cause: i32, pc: u64): void;
