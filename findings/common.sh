# Sourced by the findings: a pinned QEMU in a root of its own, and what runs a bare guest in it.
#
# The root is Debian trixie, made by debootstrap (so as root) in a temporary folder that is removed at the end. To run several
# findings without the wait make such a root once and name it, FINDINGS_ROOT=FOLDER: it is then used as it is and left alone.

set -euo pipefail

# A finding of another target names its own.
[[ -v PINNED ]] || PINNED=('qemu-system-riscv 1:10.0.13+ds-0+deb13u1' 'binutils-riscv64-linux-gnu 2.44-3')

fail() {
  echo "CHANGED: $*" >&2
  exit 1
}

work=$(mktemp -d)
guests=
trap 'rm -rf --one-file-system "$work" ${guests:+"$guests"}' EXIT

# The server that this machine's own apt sources name first, in either of the two forms that they can have.
debian_server() {
  local sources=/etc/apt/sources.list.d
  cat $sources/debian.sources /etc/apt/sources.list $sources/*.sources $sources/*.list 2>/dev/null |
    sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p; s/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' | sed -n 1p
}

root=${FINDINGS_ROOT:-}
if [[ -z $root ]]; then
  root=$work/root
  names=$(printf '%s\n' "${PINNED[@]}" | cut -d' ' -f1 | paste -sd,)
  debootstrap --variant=minbase --include="$names" trixie "$root" "$(debian_server)" >"$work/log" 2>&1 || {
    tail -5 "$work/log" >&2
    echo 'no trixie root could be made' >&2
    exit 1
  }
fi
for pin in "${PINNED[@]}"; do
  read -r package version <<<"$pin"
  served=$(chroot "$root" dpkg-query -W -f='${Version}' "$package")
  [[ $served == "$version" ]] || fail "$package is served as $served; this was seen with $version"
done

guests=$(mktemp -d "$root/tmp/guests.XXXXXX")

# What every guest starts with: `say REG` prints a register in hexadecimal on a line of its own, `finish` ends the machine; both
# use t0 to t6 and no other register. A trap leaves its mcause in s10 and its mtval in s11 and goes on after the instruction, all
# of which are four bytes long; `clear` forgets the last trap.
prelude() {
  cat <<'S'
  .option norvc
  .option norelax
  .equ FINISHER, 0x00100000
  .equ RTC, 0x00101000
  .equ PLIC, 0x0c000000
  .equ UART, 0x10000000
  .macro say register
    mv t0, \register
    jal t6, print
  .endm
  .macro clear
    li s10, -1
    li s11, -1
  .endm
  .macro finish
    li t0, FINISHER
    li t1, 0x5555
    sw t1, (t0)
    j .
  .endm
  .globl _start
_start:
  la t0, trap
  csrw mtvec, t0
  clear
  j main
print:
  li t1, UART
  li t2, 60
1:
  srl t3, t0, t2
  andi t3, t3, 15
  li t4, 10
  blt t3, t4, 2f
  addi t3, t3, 'a' - '0' - 10
2:
  addi t3, t3, '0'
  sb t3, (t1)
  addi t2, t2, -4
  bgez t2, 1b
  li t3, '\n'
  sb t3, (t1)
  jr t6
  .balign 4
trap:
  csrr s10, mcause
  csrr s11, mtval
  csrr t0, mepc
  addi t0, t0, 4
  csrw mepc, t0
  mret
main:
S
}

# guest [OPTION...]: assembles standard input after the prelude and runs it on a bare `virt` board. Leaves what it said in $said.
guest() {
  local inside=${guests#"$root"}
  { prelude; cat; } >"$guests/guest.S"
  chroot "$root" riscv64-linux-gnu-as -march=rv64gc_zicbom_zicboz -o "$inside/guest.o" "$inside/guest.S"
  chroot "$root" riscv64-linux-gnu-ld -Ttext=0x80000000 -o "$inside/guest.elf" "$inside/guest.o"
  said=$(timeout 60 chroot "$root" qemu-system-riscv64 -M virt -bios none -nographic "$@" -kernel "$inside/guest.elf" \
    </dev/null | tr -d '\r' | sed -E 's/^0+(.)/\1/') || fail "the guest did not finish: status $?"
}

# rom: assembles standard input as the ROM of a PowerPC 40p, at 0xfff00000, and runs it with a 604. `say REG` prints a register in hexadecimal on a line of its own;
# it uses r3 to r6, LR and CTR. Nothing of this board ends QEMU, so the ROM ends in a loop. Leaves what it said in $said.
rom() {
  local inside=${guests#"$root"}
  {
    cat <<'S'
  .macro say register
    mr 3, \register
    bl print
  .endm
S
    cat
    cat <<'S'
print:
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
  } >"$guests/rom.S"
  chroot "$root" powerpc-linux-gnu-as -mregnames -o "$inside/rom.o" "$inside/rom.S"
  chroot "$root" powerpc-linux-gnu-objcopy -O binary --pad-to 0x100000 "$inside/rom.o" "$inside/rom"
  said=$({ timeout 5 chroot "$root" qemu-system-ppc -M 40p -vga none -net none -bios "$inside/rom" -nographic </dev/null 2>/dev/null || true; } |
    tr -d '\r' | sed -E 's/^0+(.)/\1/')
}

# seen [NAME EXPECTED GIVEN]...: for each value that the last guest said its name, what the manual asks for, and what QEMU gave.
seen() {
  local value
  for value in $said; do
    (($# >= 3)) || fail "one value more: $value"
    echo "$1: $value (expected: $2)"
    [[ $value == "$3" ]] || fail "$1 is $value, and was $3"
    shift 3
  done
  (($# == 0)) || fail "no value for $1"
}
