/** The guest that `wemu linux` and `wemu bench` run, by Debian's name of its architecture, and QEMU's program for it. */
export const GUEST_ARCHITECTURE = 'riscv64';
export const GUEST_QEMU = `qemu-system-${GUEST_ARCHITECTURE}`;
