/**
 * A slot is the state of one run of a block: the scaffold loads registers from it, runs the block, and stores registers back in place.
 * What is in the slots when the program ends is what the two emulators must agree on. All offsets are bytes; registers take eight
 * bytes in both widths.
 */
export const SLOT = {
  x: 0x000, // x1..x31; the room of x0 holds mstatus at the end
  f: 0x100,
  fcsr: 0x200,
  trapCount: 0x208,
  save: 0x210, // x28, x29, x30 while a trap handler runs
  code: 0x230, // where the block begins
  end: 0x238, // its closing ecall
  mstatus: 0x240, // to start with; MPP is the mode that the block starts in
  pokes: 0x248, // address of the poke list: pairs of (address, value)
  pokesEnd: 0x250,
  csrs: 0x258, // the kind's CSRs: values to start with, then what they hold at the end
  window: 0x358, // what the memory window holds
  traps: 0x458, // cause, pc, tval, status of each trap
  size: (traps: number): number => 0x458 + 32 * traps,
} as const;

/** Bytes of guest memory about a page boundary that loads and stores may touch. */
export const WINDOW_SIZE = 256;

export const MEMORY = {
  code: 0x8000_0000,
  slots: 0x8080_0000,
  /** The window is the last 128 bytes before this and the first 128 from it. */
  windowMiddle: 0x8410_0000,
  /** Page tables and the pages that they map. */
  tables: 0x8420_0000,
  /** Here the program writes DONE when all is done; then it waits for ever. */
  done: 0x847f_0000,
  mtimecmp: 0x0200_4000,
} as const;

export const DONE = 0x5555;
