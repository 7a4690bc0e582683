#!/usr/bin/env bash
# An exception clears MSR[IP] on a PowerPC 604.
#
# Expected (PowerPC Microprocessor Family: The Programming Environments, table 6-5): IP and ILE stay as they are at every exception, so that a handler in the ROM
# still sees where vectors are, and an MSR that is saved and put back is the same.
# Seen (QEMU 10.0.13): the handler of a system call, which is reached through the vector at 0xfff00c00, reads an MSR without IP. A handler that allows
# exceptions again by ORing EE into what it reads sends them to the vectors at 0.

PINNED=('qemu-system-ppc 1:10.0.13+ds-0+deb13u1' 'binutils-powerpc-linux-gnu 2.44-3')
source "$(dirname "$0")/common.sh"

inside=${guests#"$root"}
cat >"$guests/rom.S" <<'S'
  .macro say register
    mr 3, \register
    bl print
  .endm
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
print:                          # a register in hexadecimal on the serial port
  lis 4, 0x8000
  li 6, 8
  mtctr 6
1:
  rlwinm 3, 3, 4, 0, 31
  andi. 5, 3, 15
  cmpwi 5, 10
  addi 5, 5, '0'
  blt 2f
  addi 5, 5, 'a' - '0' - 10
2:
  stb 5, 0x3f8(4)
  bdnz 1b
  li 5, '\n'
  stb 5, 0x3f8(4)
  blr
S
chroot "$root" powerpc-linux-gnu-as -mregnames -o "$inside/rom.o" "$inside/rom.S"
chroot "$root" powerpc-linux-gnu-objcopy -O binary --pad-to 0x100000 "$inside/rom.o" "$inside/rom"
said=$({ timeout 5 chroot "$root" qemu-system-ppc -M 40p -vga none -net none -bios "$inside/rom" -nographic </dev/null 2>/dev/null || true; } |
  tr -d '\r' | sed -E 's/^0+(.)/\1/')
seen 'MSR after reset' 40 40 \
  'MSR in the handler of a system call' 40 0
