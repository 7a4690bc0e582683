#!/usr/bin/env bash
# mepc and sepc keep bit 0, and mret goes to an odd address.
#
# Expected (RISC-V privileged manual, "Machine Exception Program Counter" and its supervisor twin): bit 0 is always zero, so an
# odd value reads back even, and mret goes to the even address.
# Seen (QEMU 10.0.13): the odd value reads back, and mret takes it for the pc. The hart then decodes halfwords that straddle the
# instructions; here the first is illegal, and the trap's own mepc is odd. (jalr clears the bit as it should.)

source "$(dirname "$0")/common.sh"

guest <<'S'
  li t0, 0x1001
  csrw sepc, t0
  csrr s1, sepc
  csrw mepc, t0
  csrr s2, mepc
  la t0, landed
  csrw mtvec, t0
  li t0, 3 << 11
  csrs mstatus, t0        # MPP: to M
  li s3, -1
  la t0, target + 1
  csrw mepc, t0
  mret
  .balign 4
target:
  .word 0x00000013        # a nop; from its second byte on a halfword of zeros, which is illegal
  li s3, 0
  j report
  .balign 4
landed:
  csrr s3, mcause
report:
  csrr s4, mepc
  andi s4, s4, 1
  say s1
  say s2
  say s3
  say s4
  finish
S
seen 'sepc after 0x1001' 1000 1001 \
  'mepc after 0x1001' 1000 1001 \
  'trap at the target (0: none)' 0 2 \
  'low bit of mepc' 0 1
