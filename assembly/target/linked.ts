// The target that this module is linked with; scripts/link-asm.js puts another target's here.
export * from './riscv/target';
