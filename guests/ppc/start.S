# Firmware of a 40p: begins at fff00100, in ROM, and is copied to 0. Translation and interrupts stay off; an exception is an accident.
    .macro vector at
    .org \at
    b    unexpected
    .endm

    .section .vectors, "ax"
    .org 0x100
    .globl reset
reset:
    lis  3, 0xfff0
    li   4, 0
    lis  5, image_end@h
    ori  5, 5, image_end@l
    addi 5, 5, 3
    srwi 5, 5, 2
    mtctr 5
1:  lwz  6, 0(3)
    stw  6, 0(4)
    addi 3, 3, 4
    addi 4, 4, 4
    bdnz 1b
    lis  6, in_memory@h
    ori  6, 6, in_memory@l
    sync
    isync
    mtctr 6
    bctr
    vector 0x200
    vector 0x300
    vector 0x400
    vector 0x500
    vector 0x600
    vector 0x700
    vector 0x800
    vector 0x900
    vector 0xc00
    vector 0xd00

    .org 0x1000
in_memory:
    lis  3, bss_start@h
    ori  3, 3, bss_start@l
    lis  4, bss_end@h
    ori  4, 4, bss_end@l
    li   0, 0
2:  cmplw 3, 4
    bge  3f
    stw  0, 0(3)
    addi 3, 3, 4
    b    2b
3:  lis  1, stack_top@h
    ori  1, 1, stack_top@l
    stwu 0, -16(1)
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
