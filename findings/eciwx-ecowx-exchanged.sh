#!/usr/bin/env bash
# eciwx stores and ecowx loads on a PowerPC 604.
#
# Expected (PowerPC Microprocessor Family: The Programming Environments, chapter 8): eciwx (extended opcode 310) gives a register the word that comes from outside,
# ecowx (438) sends a register's word there. A board without such a device has memory at that address.
# Seen (QEMU 10.0.13): with EAR[E] set eciwx writes the register to memory, and ecowx overwrites the register with what is there. Firmware that talks to a
# device of its own by them loses the data in both directions.

PINNED=('qemu-system-ppc 1:10.0.13+ds-0+deb13u1' 'binutils-powerpc-linux-gnu 2.44-3')
source "$(dirname "$0")/common.sh"

rom <<'S'
  .org 0x100                    # reset: the ROM is at 0xfff00000
  lis 7, 0x8000
  mtspr 282, 7                  # EAR: E
  lis 7, 1                      # memory that nobody uses
  lis 20, 0x1111
  lis 21, 0x2222
  stw 20, 0(7)
  mr 22, 21
  eciwx 22, 0, 7
  lwz 23, 0(7)
  say 22
  say 23
  stw 20, 0(7)
  mr 22, 21
  ecowx 22, 0, 7
  lwz 23, 0(7)
  say 22
  say 23
  b .                           # nothing of this board ends QEMU
S
seen 'eciwx, its register' 11110000 22220000 \
  'eciwx, memory' 11110000 22220000 \
  'ecowx, its register' 22220000 11110000 \
  'ecowx, memory' 22220000 11110000
