#!/usr/bin/env bash
# Goldfish RTC: an alarm of the year 2262 or later rings at once.
#
# Expected: the alarm is a time in nanoseconds since 1970 in two words, all 64 bits of which Linux's driver (rtc-goldfish.c) offers
# for a date; it stays armed (ALARM_STATUS, 0x18, reads 1) until then.
# Seen (QEMU 10.0.13): four seconds below 2^63 it stays armed; at 2^63 - 1 and at 2^63 it is over in a moment, with the interrupt
# pending if it is enabled. An alarm set to the latest time there is, meaning never, is an alarm now.

source "$(dirname "$0")/common.sh"

# alarm HIGH LOW: sets it, waits until it is over or for as long as many instructions take, and says ALARM_STATUS and source 11.
alarm() {
  guest <<S
  li s0, RTC
  li t0, 1
  sw t0, 0x10(s0)         # IRQ_ENABLED
  li t0, $1
  sw t0, 0x0c(s0)
  li t0, $2
  sw t0, 0x08(s0)         # the low word arms
  li s1, 1000000
1:
  lw s2, 0x18(s0)
  beqz s2, 2f
  addi s1, s1, -1
  bnez s1, 1b
2:
  li s3, PLIC + 0x1000
  lw s4, (s3)
  say s2
  say s4
  finish
S
}

alarm 0x7fffffff 0
seen 'armed, 2^63 - 2^32' 1 1 'pending' 0 0
alarm 0x7fffffff 0xffffffff
seen 'armed, 2^63 - 1' 1 0 'pending' 0 800
alarm 0x80000000 0
seen 'armed, 2^63' 1 0 'pending' 0 800
