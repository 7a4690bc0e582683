#!/usr/bin/env bash
# PLIC: a claim obeys the priority threshold.
#
# Expected (RISC-V PLIC specification, "Interrupt Claim Process"): the threshold masks notifications only. A claim returns the
# pending source of the highest priority whatever the threshold is, so that a hart may set it to the maximum and poll by claims.
# Seen (QEMU 10.0.13): with the threshold at the source's priority or above, a claim returns 0 and the source stays pending. Such
# a poll never finds anything.

source "$(dirname "$0")/common.sh"

# The UART's transmitter is empty, so source 10 is pending at once.
guest <<'S'
  li s0, PLIC
  li t0, 1
  sw t0, 4 * 10(s0)       # priority 1
  li s1, PLIC + 0x2000
  li t0, 1 << 10
  sw t0, (s1)             # enabled for context 0
  li s2, PLIC + 0x200000
  li t0, 7
  sw t0, (s2)             # threshold
  li s3, UART
  li t0, 2
  sb t0, 1(s3)            # IER.ETBEI
  lw s4, 4(s2)
  li s5, PLIC + 0x1000
  lw s6, (s5)
  sw zero, (s2)
  lw s7, 4(s2)
  sb zero, 1(s3)
  say s4
  say s6
  say s7
  finish
S
seen 'claim at threshold 7' a 0 \
  'pending afterwards' 0 400 \
  'claim at threshold 0' 0 a
