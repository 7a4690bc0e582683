# Exceptions run with translation off, where the firmware is where it is with translation on.
    .set FRAME, 192
    .set F_LR, 128
    .set F_CTR, 132
    .set F_CR, 136
    .set F_XER, 140
    .set F_PC, 144
    .set F_MSR, 148
    .set F_VECTOR, 152
    .set F_DAR, 156
    .set F_DSISR, 160

    .macro vector at
    .org \at
    mtsprg 0, 1
    mtsprg 1, 3
    li   3, \at
    b    entry
    .endm

#include "../firmware-start.inc"
    li   3, 0x3002              # FP, ME, RI; vectors at 0
    mtmsr 3
    isync
    b    firmware

entry:
    mtsprg 2, 4
    mfcr 4
    mfspr 1, 27                 # SRR1
    andi. 1, 1, 0x4000          # PR: a partition has its own stack
    mfsprg 1, 0
    beq  4f
    lis  1, interrupt_top@h
    ori  1, 1, interrupt_top@l
4:  addi 1, 1, -FRAME
    stw  4, F_CR(1)
    stw  0, 0(1)
    mfsprg 4, 0
    stw  4, 4(1)
    stw  2, 8(1)
    mfsprg 4, 1
    stw  4, 12(1)
    mfsprg 4, 2
    stw  4, 16(1)
    stmw 5, 20(1)
    mflr 4
    stw  4, F_LR(1)
    mfctr 4
    stw  4, F_CTR(1)
    mfxer 4
    stw  4, F_XER(1)
    mfsrr0 4
    stw  4, F_PC(1)
    mfsrr1 4
    stw  4, F_MSR(1)
    stw  3, F_VECTOR(1)
    mfdar 4
    stw  4, F_DAR(1)
    mfdsisr 4
    stw  4, F_DSISR(1)
    mr   3, 1
    mr   31, 1
    li   0, 0
    stwu 0, -16(1)
    bl   exception              # (frame)
    mr   1, 31
    .globl resume
resume:                         # the frame is where r1 is
    lwz  4, F_LR(1)
    mtlr 4
    lwz  4, F_CTR(1)
    mtctr 4
    lwz  4, F_XER(1)
    mtxer 4
    lwz  4, F_PC(1)
    mtsrr0 4
    lwz  4, F_MSR(1)
    mtsrr1 4
    lwz  4, F_CR(1)
    mtcr 4
    lwz  0, 0(1)
    lwz  2, 8(1)
    lmw  3, 12(1)
    lwz  1, 4(1)
    rfi

    .globl partition_start      # (frame): does not come back before the last partition has ended
partition_start:
    lis  4, scheduler_stack@ha
    mflr 0
    stwu 1, -96(1)
    stw  0, 100(1)
    stmw 13, 16(1)
    mfcr 0
    stw  0, 12(1)
    stw  1, scheduler_stack@l(4)
    mr   1, 3
    b    resume
    .globl partition_end        # of the last partition: back to whom partition_start was called by
partition_end:
    lis  4, scheduler_stack@ha
    lwz  1, scheduler_stack@l(4)
    lwz  0, 12(1)
    mtcr 0
    lmw  13, 16(1)
    lwz  0, 100(1)
    addi 1, 1, 96
    mtlr 0
    li   3, 0x3032              # FP, ME, IR, DR, RI
    mtmsr 3
    isync
    blr

    .bss
    .align 4
scheduler_stack:
    .space 16
    .space 0x4000
interrupt_top:
    .space 0x10000
stack_top:
    .space 16

    .section .note.GNU-stack, "", @progbits
