#!/usr/bin/env bash
# 16550 UART: in loopback the modem inputs move, and neither the delta bits nor the interrupt follow.
#
# Expected (National PC16550D data sheet, "Modem Control Register", bit 4, and "Modem Status Register"): in loopback the modem
# inputs are the low four bits of MCR and modem-status interrupts work, with those bits for their source. So when MCR sets RTS and
# DTR, MSR shows CTS and DSR and that both changed, until it is read; with EDSSI set there is an interrupt (IIR 0).
# Seen (QEMU 10.0.13): MSR shows the new levels alone, and IIR reads 1, no interrupt. A self-test of the UART that waits for the
# change fails.

source "$(dirname "$0")/common.sh"

guest <<'S'
  li s0, UART
  li t0, 0x10
  sb t0, 4(s0)            # MCR: loopback
  lbu s1, 6(s0)           # what changed up to here is read away
  lbu s1, 6(s0)
  li t0, 8
  sb t0, 1(s0)            # IER.EDSSI
  li t0, 0x13
  sb t0, 4(s0)            # MCR: loopback, RTS, DTR
  lbu s2, 2(s0)
  lbu s3, 6(s0)
  lbu s4, 6(s0)
  sb zero, 1(s0)
  sb zero, 4(s0)
  say s1
  say s2
  say s3
  say s4
  finish
S
seen 'MSR, nothing set' 0 0 \
  'IIR after RTS and DTR' 0 1 \
  'MSR after RTS and DTR' 33 30 \
  'MSR, second reading' 30 30
