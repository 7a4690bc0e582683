#!/usr/bin/env bash
# An exception clears MSR[IP] on a PowerPC 604.
#
# Expected (PowerPC Microprocessor Family: The Programming Environments, table 6-5): IP and ILE stay as they are at every exception, so that a handler in the ROM
# still sees where vectors are, and an MSR that is saved and put back is the same.
# Seen (QEMU 10.0.13): the handler of a system call, which is reached through the vector at 0xfff00c00, reads an MSR without IP. A handler that allows
# exceptions again by ORing EE into what it reads sends them to the vectors at 0.

PINNED=('qemu-system-ppc 1:10.0.13+ds-0+deb13u1' 'binutils-powerpc-linux-gnu 2.44-3')
source "$(dirname "$0")/common.sh"

rom <<'S'
  .org 0x100                    # reset: the ROM is at 0xfff00000
  mfmsr 20
  sc
  .org 0x700                    # program exception
  b .
  .org 0xc00                    # system call
  mfmsr 21
  say 20
  say 21
  b .                           # nothing of this board ends QEMU
S
seen 'MSR after reset' 40 40 \
  'MSR in the handler of a system call' 40 0
