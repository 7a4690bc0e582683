#!/usr/bin/env bash
# The flags of FROUNDNX are lost if its result is overwritten before it is read.
#
# Expected (RISC-V unprivileged manual, "Zfa"): FROUNDNX.D of 1.5 raises the inexact flag, whatever becomes of the result; flags
# are sticky until software clears them ("Floating-Point Control and Status Register").
# Seen (QEMU 10.0.13): with another write of the same register close behind it the instruction is left out as dead code, and fflags
# stays 0. A program that rounds only to learn whether a number is an integer is told that it is.

source "$(dirname "$0")/common.sh"

guest <<'S'
  li t0, 1 << 13          # mstatus.FS: initial
  csrs mstatus, t0
  li t0, 0x3ff8000000000000
  fmv.d.x fa0, t0         # 1.5
  li t0, 0x4000000000000000
  fmv.d.x fa1, t0         # 2.0
  csrwi fcsr, 0
  .word 0x425577d3        # froundnx.d fa5, fa0
  csrr s1, fcsr
  csrwi fcsr, 0
  .word 0x425577d3        # froundnx.d fa5, fa0
  .word 0x4255f7d3        # froundnx.d fa5, fa1
  csrr s2, fcsr
  say s1
  say s2
  finish
S
seen 'fcsr after froundnx.d of 1.5' 1 1 \
  'fcsr after that and froundnx.d of 2.0 into the same register' 1 0
