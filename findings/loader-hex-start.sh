#!/usr/bin/env bash
# -device loader: the start address of an Intel HEX file is sign-extended.
#
# Expected (Intel, "Hexadecimal Object File Format Specification", record type 05): the start linear address is an unsigned 32-bit number,
# so a program whose record says 0x80200000, where RAM of the `virt` board lies, starts there.
# Seen (QEMU 10.0.13): with cpu-num=0 the 64-bit pc becomes 0xffffffff80200000, where nothing is. A second loader device that gives
# the same address by addr= starts it.

source "$(dirname "$0")/common.sh"

inside=${guests#"$root"}
printf '  wfi\n' >"$guests/guest.S"
chroot "$root" riscv64-linux-gnu-as -o "$inside/guest.o" "$inside/guest.S"
chroot "$root" riscv64-linux-gnu-ld -Ttext=0x80200000 -e 0x80200000 -o "$inside/guest.elf" "$inside/guest.o"
chroot "$root" riscv64-linux-gnu-objcopy -O ihex -j .text "$inside/guest.elf" "$inside/guest.hex"
grep -q '^:0400000580200000' "$guests/guest.hex" || fail "the file has no start address: $(tr '\r\n' '  ' <"$guests/guest.hex")"

# The pc of a machine that stands at its first instruction.
start_pc() {
  said=$(timeout 60 chroot "$root" qemu-system-riscv64 -M virt -bios none -display none -serial none -S -monitor stdio \
    -device "loader,file=$inside/guest.hex,cpu-num=0" "$@" <<<$'info registers\nquit' | sed -nE 's/^ pc +([0-9a-f]+).*/\1/p')
}

start_pc
seen 'pc by the file' 80200000 ffffffff80200000
start_pc -device loader,addr=0x80200000,cpu-num=0
said=$(sed -E 's/^0+(.)/\1/' <<<"$said")
seen 'pc by addr=' 80200000 80200000
