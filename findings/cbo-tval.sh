#!/usr/bin/env bash
# Cache-block operations: mtval of a fault is the block's first byte instead of the address in rs1.
#
# Expected (RISC-V unprivileged manual, "CMO", on exceptions): at an access fault or page fault xtval is the effective address of
# the instruction, which is the value of rs1, aligned or not.
# Seen (QEMU 10.0.13): the address rounded down to the block of 64 bytes, for cbo.zero and cbo.flush. A load from the same byte
# reports the byte.

source "$(dirname "$0")/common.sh"

guest <<'S'
  la s0, block
  srli t0, s0, 2
  ori t0, t0, 7
  csrw pmpaddr0, t0       # the 64 bytes of the block
  li t0, 0x98
  csrw pmpcfg0, t0        # locked, NAPOT, no permission: binds M-mode too
  addi s1, s0, 0x18
  cbo.zero (s1)
  mv s2, s10
  sub s3, s11, s0
  clear
  cbo.flush (s1)
  mv s4, s10
  sub s5, s11, s0
  clear
  ld t1, (s1)
  mv s6, s10
  sub s7, s11, s0
  say s2
  say s3
  say s4
  say s5
  say s6
  say s7
  finish
  .balign 64
block:
  .zero 64
S
seen 'mcause of cbo.zero' 7 7 \
  'its mtval, from the block on' 18 0 \
  'mcause of cbo.flush' 7 7 \
  'its mtval, from the block on' 18 0 \
  'mcause of ld' 5 5 \
  'its mtval, from the block on' 18 18
