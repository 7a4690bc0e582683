#!/usr/bin/env bash
# Sdtrig: a trigger of type 3 (icount) that is armed for U-mode never raises its breakpoint, and does not count.
#
# Expected (RISC-V Debug Specification 1.0, 5.7.14): with count 1 and u set the trigger fires after one instruction was executed in
# U-mode (or trapped): a breakpoint exception, cause 3, before the second one. tdata1's count is then 0.
# Seen (QEMU 10.0.13, -cpu max,debug=on, no -icount): tdata1 reads back as written, so the trigger is told to be there; a hundred
# instructions later the program leaves U-mode by its own ecall, cause 8, with the count as it was.

source "$(dirname "$0")/common.sh"

guest <<'S'
  la t0, done
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f             # NAPOT, rwx
  csrw pmpcfg0, t0
  csrw tselect, zero
  li t1, (3 << 60) | (1 << 10) | (1 << 6)
  csrw tdata1, t1         # icount, count 1, u
  csrr s4, tdata1
  li t2, 0x1800
  csrc mstatus, t2        # MPP: U
  la t0, user
  csrw mepc, t0
  li s5, 0
  mret
user:
  .rept 100
  addi s5, s5, 1
  .endr
  ecall
  .balign 4
done:
  csrr s6, mcause
  csrr s7, tdata1
  say s4
  say s5
  say s6
  say s7
  finish
S
seen 'tdata1 as written' 3000000000000440 3000000000000440 \
  'instructions in U-mode' 1 64 \
  'mcause' 3 8 \
  'tdata1 afterwards' 3000000000000040 3000000000000440
