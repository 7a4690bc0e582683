# The guest of bench/latency.ts: bare metal on virt, M-mode, time in ticks of 100 ns.
#   MODE_TICK   a timer interrupt every PERIOD ticks, COUNT times; prints how late each handler saw mtime, in hexadecimal
#   MODE_POLL   the same by stimecmp, and no interrupt: sip is polled
#   MODE_ECHO   sends back what comes in by the UART's interrupt; q ends it
# LOAD: the guest computes meanwhile instead of waiting.
  .option norvc
  .equ UART, 0x10000000
  .equ LATE, 0x80100000         # a word a tick
  .globl _start
_start:
  li    sp, 0x80100000
  la    t0, trap
  csrw  mtvec, t0
  li    s0, 0x02004000          # mtimecmp
  li    s2, PERIOD
  li    s3, COUNT
  li    s5, LATE
  li    s6, UART
  li    a0, '<'
  sb    a0, 0(s6)
#if MODE_ECHO
  li    t0, 1
  sb    t0, 1(s6)               # IER: received data
  li    t1, 0x0c000000
  sw    t0, 40(t1)              # PLIC: source 10 has priority 1
  li    t0, 0x400
  li    t1, 0x0c002000
  sw    t0, 0(t1)               # context 0 takes it
  li    s1, 0x0c200000
  sw    zero, 0(s1)
  li    t0, 0x800
  csrs  mie, t0
  csrsi mstatus, 8
#else
  csrr  s4, time
  add   s4, s4, s2
#if MODE_POLL
  li    t0, 1
  slli  t0, t0, 63
  csrw  0x30a, t0               # menvcfg.STCE
1: csrw 0x14d, s4               # stimecmp
2: csrr t0, mip
  andi  t0, t0, 0x20
  beqz  t0, 2b
  jal   note
  bnez  s3, 1b
  j     report
#else
  sd    s4, 0(s0)
  li    t0, 0x80
  csrs  mie, t0
  csrsi mstatus, 8
#endif
#endif
idle:
#if LOAD
  .rept 30
  addi  a1, a1, 1
  xor   a2, a2, a1
  .endr
#else
  wfi
#endif
  j     idle

  .balign 4
trap:
#if MODE_ECHO
  lw    a3, 4(s1)
  lbu   a0, 0(s6)
  sb    a0, 0(s6)
  sw    a3, 4(s1)
  li    t0, 'q'
  beq   a0, t0, off
  mret
#else
  jal   note
  beqz  s3, report
  sd    s4, 0(s0)
  mret
#endif

# How late we are; the next tick is a period after this one, or after now if that has passed.
note:
  csrr  t1, time
  sub   t2, t1, s4
  sw    t2, 0(s5)
  addi  s5, s5, 4
  addi  s3, s3, -1
  add   s4, s4, s2
  bgtu  s4, t1, 3f
  add   s4, t1, s2
3: ret

report:
  li    a0, '>'
  sb    a0, 0(s6)
  li    s7, LATE
4: lwu  a1, 0(s7)
  li    s8, 28
5: srl  a0, a1, s8
  andi  a0, a0, 15
  addi  a0, a0, '0'
  li    t0, '9'
  ble   a0, t0, 6f
  addi  a0, a0, 'a' - '0' - 10
6: sb   a0, 0(s6)
  addi  s8, s8, -4
  bgez  s8, 5b
  li    a0, '\n'
  sb    a0, 0(s6)
  addi  s7, s7, 4
  bltu  s7, s5, 4b
off:
  li    t0, 0x100000
  li    t1, 0x5555
  sw    t1, 0(t0)
  j     off
