# Entry in M-mode. A trap ends here: who fuzzes stops before.
    .section .text.start
    .globl _start
    .globl trapped
_start:
    la   sp, stack_top
    la   t0, trapped
    csrw mtvec, t0
    call main
    .align 2
trapped:
    wfi
    j    trapped
