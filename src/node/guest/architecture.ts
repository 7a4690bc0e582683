/** The guest that `wemu linux` and `wemu bench` run, by Debian's name of its architecture. */
export const GUEST_ARCHITECTURE = 'riscv64';
