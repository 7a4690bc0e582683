# Entry in M-mode: a0 = hart id, a1 = device tree. One hart runs, any other sleeps.
    .section .text.start
    .globl _start
_start:
    bnez a0, park
    la   sp, stack_top
    la   t0, trap_entry
    csrw mtvec, t0
    li   t0, 0x6000            # mstatus.FS = dirty: floating point on
    csrs mstatus, t0
    csrw fcsr, zero
    la   t0, bss_start
    la   t1, bss_end
1:  bgeu t0, t1, 2f
    sd   zero, 0(t0)
    addi t0, t0, 8
    j    1b
2:  call kernel_main           # (hart, device tree) -> exit status
    call machine_exit
park:
    wfi
    j    park

    .align 2
trap_entry:
    addi sp, sp, -144
    sd   ra, 0(sp)
    sd   t0, 8(sp)
    sd   t1, 16(sp)
    sd   t2, 24(sp)
    sd   a0, 32(sp)
    sd   a1, 40(sp)
    sd   a2, 48(sp)
    sd   a3, 56(sp)
    sd   a4, 64(sp)
    sd   a5, 72(sp)
    sd   a6, 80(sp)
    sd   a7, 88(sp)
    sd   t3, 96(sp)
    sd   t4, 104(sp)
    sd   t5, 112(sp)
    sd   t6, 120(sp)
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    call trap                  # (cause, pc, value) -> pc to resume at
    csrw mepc, a0
    ld   ra, 0(sp)
    ld   t0, 8(sp)
    ld   t1, 16(sp)
    ld   t2, 24(sp)
    ld   a0, 32(sp)
    ld   a1, 40(sp)
    ld   a2, 48(sp)
    ld   a3, 56(sp)
    ld   a4, 64(sp)
    ld   a5, 72(sp)
    ld   a6, 80(sp)
    ld   a7, 88(sp)
    ld   t3, 96(sp)
    ld   t4, 104(sp)
    ld   t5, 112(sp)
    ld   t6, 120(sp)
    addi sp, sp, 144
    mret
