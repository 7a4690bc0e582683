# Firmware of a 40p. Translation and interrupts stay off; an exception is an accident.
    .macro vector at
    .org \at
    b    unexpected
    .endm

#include "../firmware-start.inc"
    li   3, 0x2000              # MSR.FP; vectors at 0
    mtmsr 3
    isync
    bl   firmware
unexpected:
    lis  1, stack_top@h
    ori  1, 1, stack_top@l
    stwu 0, -16(1)
    mfsrr0 3
    bl   accident               # (where)

    .bss
    .align 4
    .space 0x10000
stack_top:
    .space 16

    .section .note.GNU-stack, "", @progbits
