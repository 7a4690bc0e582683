#!/usr/bin/env bash
# WARL fields of PMP and menvcfg read back what they cannot hold.
#
# Expected (RISC-V privileged manual): a WARL field reads a legal value whatever was written ("Write Any Values, Reads Legal
# Values"). pmpaddr on RV64 holds bits 55 to 2 of an address in bits 53 to 0, with zeros above; a pmpcfg with W and without R
# is reserved, as mseccfg.MML is 0 ("Physical Memory Protection CSRs"); so is the value 2 of menvcfg.CBIE ("Machine
# Environment Configuration Register"). What is read in their place is the hart's choice: "other" below.
# Seen (QEMU 10.0.13): all three read as written. Software that writes ones to pmpaddr to learn how wide a physical address is
# learns 66 bits.

source "$(dirname "$0")/common.sh"

guest <<'S'
  li t0, -1
  csrw pmpaddr3, t0
  csrr s1, pmpaddr3
  li t0, 0x1a             # NAPOT, W
  csrw pmpcfg0, t0
  csrr s2, pmpcfg0
  csrr s3, 0x747          # mseccfg
  li t0, 2 << 4           # CBIE
  csrw menvcfg, t0
  csrr s4, menvcfg
  say s1
  say s2
  say s3
  say s4
  finish
S
seen 'pmpaddr3 after all ones' 3fffffffffffff ffffffffffffffff \
  'pmpcfg0 after NAPOT, W without R' other 1a \
  'mseccfg' 0 0 \
  'menvcfg after CBIE = 2' other 20
