#!/usr/bin/env bash
# PLIC: a completion counts although its source is disabled for the target.
#
# Expected (RISC-V PLIC specification, "Interrupt Completion"): a completion whose ID is no source that is enabled for the target
# is ignored. The source stays in service, and cannot be claimed again until it is enabled and completed.
# Seen (QEMU 10.0.13): the completion ends the service, and the next edge can be claimed. Without any completion it cannot. A
# driver that masks a source between claim and completion works here, and loses the source where the rule is kept.

source "$(dirname "$0")/common.sh"

# claims INSTRUCTION: claims source 10 (the UART's empty transmitter), disables it, runs the instruction, enables it and lets the
# line rise again; says the two claims.
claims() {
  guest <<S
  li s0, PLIC
  li t0, 1
  sw t0, 4 * 10(s0)       # priority 1
  li s1, PLIC + 0x2000
  li s2, PLIC + 0x200000
  li s3, UART
  li s5, 1 << 10
  li s6, 2
  sw s5, (s1)             # enabled for context 0
  sb s6, 1(s3)            # IER.ETBEI
  lw s4, 4(s2)
  sw zero, (s1)
  $1
  sw s5, (s1)
  sb zero, 1(s3)
  sb s6, 1(s3)
  lw s7, 4(s2)
  sb zero, 1(s3)
  say s4
  say s7
  finish
S
}

claims 'nop'
seen 'first claim' a a \
  'second claim, no completion' 0 0
claims 'sw s4, 4(s2)'
seen 'first claim' a a \
  'second claim, completed while disabled' 0 a
