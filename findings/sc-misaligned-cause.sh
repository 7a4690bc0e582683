#!/usr/bin/env bash
# A misaligned SC is reported as a load when its reservation holds.
#
# Expected (RISC-V unprivileged manual, "Zalrsc": the address must be aligned to the operand's size; privileged manual, "Machine
# Cause Register": 6 is store/AMO address misaligned, 4 load address misaligned): mcause 6 for a misaligned sc.d (or 7, where the
# hart makes an access fault of it), whatever was reserved.
# Seen (QEMU 10.0.13, one hart): 4 when the last lr.w was of the same address (to which a word is aligned and a doubleword is
# not), 6 when it was of another. A handler that emulates by mcause takes the store for a load.

source "$(dirname "$0")/common.sh"

guest <<'S'
  la s0, words
  addi s1, s0, 4
  lr.w t1, (s1)
  sc.d t1, zero, (s1)
  mv s2, s10
  sub s3, s11, s1
  clear
  lr.w t1, (s0)
  sc.d t1, zero, (s1)
  mv s4, s10
  clear
  amoadd.d t1, zero, (s1)
  mv s5, s10
  say s2
  say s3
  say s4
  say s5
  finish
  .balign 16
words:
  .dword 0, 0
S
seen 'mcause, same address reserved' 6 4 \
  'mtval less the address' 0 0 \
  'mcause, other address reserved' 6 6 \
  'mcause of amoadd.d there' 6 6
