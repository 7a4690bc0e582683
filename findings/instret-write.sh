#!/usr/bin/env bash
# minstret and mcycle: the instruction that writes them is counted on top of what it wrote.
#
# Expected (RISC-V unprivileged manual, "Zicsr"): an instruction that writes such a counter does so in place of the count of
# itself, so the next instruction reads what was written.
# Seen (QEMU 10.0.13, -icount shift=0, where the counters count instructions): the next instruction reads one more. Only the write
# is off: from there on each instruction counts one.

source "$(dirname "$0")/common.sh"

guest -icount shift=0 <<'S'
  li s0, 0x1000
  csrw minstret, s0
  csrr s1, minstret
  csrr s2, minstret
  csrw mcycle, s0
  csrr s3, mcycle
  say s1
  say s2
  say s3
  finish
S
seen 'minstret, next instruction' 1000 1001 \
  'minstret, the one after' 1001 1002 \
  'mcycle, next instruction' 1000 1001
