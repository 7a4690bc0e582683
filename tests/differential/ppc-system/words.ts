/** Words of PowerPC instructions, for programs that are made by the thousand. Forms: PEM, appendix A. */

const d = (opcode: number, rt: number, ra: number, imm: number): number =>
  ((opcode << 26) | (rt << 21) | (ra << 16) | (imm & 0xffff)) >>> 0;
const x = (extended: number, rt = 0, ra = 0, rb = 0): number => ((31 << 26) | (rt << 21) | (ra << 16) | (rb << 11) | (extended << 1)) >>> 0;
const spr = (extended: number, r: number, n: number): number => x(extended, r, n & 31, n >> 5);

export const lis = (r: number, imm: number): number => d(15, r, 0, imm);
export const ori = (ra: number, rs: number, imm: number): number => d(24, rs, ra, imm);
export const addi = (r: number, ra: number, imm: number): number => d(14, r, ra, imm);
export const lwz = (r: number, disp: number, ra: number): number => d(32, r, ra, disp);
export const lbz = (r: number, disp: number, ra: number): number => d(34, r, ra, disp);
export const lhz = (r: number, disp: number, ra: number): number => d(40, r, ra, disp);
export const lmw = (r: number, disp: number, ra: number): number => d(46, r, ra, disp);
export const stw = (r: number, disp: number, ra: number): number => d(36, r, ra, disp);
export const stb = (r: number, disp: number, ra: number): number => d(38, r, ra, disp);
export const sth = (r: number, disp: number, ra: number): number => d(44, r, ra, disp);
export const stmw = (r: number, disp: number, ra: number): number => d(47, r, ra, disp);
export const lfd = (f: number, disp: number, ra: number): number => d(50, f, ra, disp);
export const stfd = (f: number, disp: number, ra: number): number => d(54, f, ra, disp);
export const twi = (to: number, ra: number, imm: number): number => d(3, to, ra, imm);
export const cmpwi = (field: number, ra: number, imm: number): number => d(11, field << 2, ra, imm);
export const sc = 0x4400_0002;
export const rfi = 0x4c00_0064;
export const isync = 0x4c00_012c;
export const sync = x(598);
export const blr = 0x4e80_0020;
export const nop = 0x6000_0000;
/** To an address that is so many bytes away. */
export const b = (distance: number): number => ((18 << 26) | (distance & 0x03ff_fffc)) >>> 0;
export const bl = (distance: number): number => b(distance) + 1;
export const beq = (field: number, distance: number): number =>
  ((16 << 26) | (12 << 21) | ((4 * field + 2) << 16) | (distance & 0xfffc)) >>> 0;
export const mfspr = (r: number, n: number): number => spr(339, r, n);
export const mtspr = (n: number, r: number): number => spr(467, r, n);
export const mftb = (r: number, n: number): number => spr(371, r, n);
export const mflr = (r: number): number => mfspr(r, 8);
export const mtlr = (r: number): number => mtspr(8, r);
export const mfmsr = (r: number): number => x(83, r);
export const mtmsr = (r: number): number => x(146, r);
export const mtsr = (n: number, r: number): number => x(210, r, n);
export const mtsrin = (rs: number, rb: number): number => x(242, rs, 0, rb);
export const mfsr = (r: number, n: number): number => x(595, r, n);
export const mfsrin = (r: number, rb: number): number => x(659, r, 0, rb);
export const mfcr = (r: number): number => x(19, r);
export const mtcrf = (mask: number, r: number): number => ((31 << 26) | (r << 21) | (mask << 12) | (144 << 1)) >>> 0;
export const tlbie = (rb: number): number => x(306, 0, 0, rb);
export const tlbsync = x(566);
export const tlbld = (rb: number): number => x(978, 0, 0, rb);
export const tlbli = (rb: number): number => x(1010, 0, 0, rb);
export const tlbia = x(370);
export const lwarx = (r: number, ra: number, rb: number): number => x(20, r, ra, rb);
export const stwcx = (r: number, ra: number, rb: number): number => (x(150, r, ra, rb) | 1) >>> 0;
export const dcbz = (ra: number, rb: number): number => x(1014, 0, ra, rb);
export const dcbst = (ra: number, rb: number): number => x(54, 0, ra, rb);
export const dcbf = (ra: number, rb: number): number => x(86, 0, ra, rb);
export const dcbi = (ra: number, rb: number): number => x(470, 0, ra, rb);
export const icbi = (ra: number, rb: number): number => x(982, 0, ra, rb);
/** r = rb - ra */
export const subf = (r: number, ra: number, rb: number): number => x(40, r, ra, rb);
export const add = (r: number, ra: number, rb: number): number => x(266, r, ra, rb);
/** r = a constant: two instructions always, so that lengths are known. */
export const li32 = (r: number, value: number): number[] => [lis(r, value >>> 16), ori(r, r, value & 0xffff)];
