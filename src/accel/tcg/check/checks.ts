/** All checks of `-accel tcg,check=on`, for a host to load. */
import { verify } from '../../../tcg/verify.js';
import { verifyRegion } from '../../../tcg/wasm/verify-region.js';
import type { Checks } from '../checking.js';
import { Checker } from './checker.js';

export const checks: Checks = {
  verifyIr: verify,
  verifyRegion,
  start: (engine, lockstep) => new Checker(engine, lockstep),
};
