// The bytecode of the IR interpreter (assembly/tci.ts), written by src/tcg/tci. Little-endian, a multiple of four bytes an op:
//
//   u16 op, u16 d, u16 a, u16 b          operands: bytes from env (globals lie there, other temps in ENV_FRAME slots)
//   I forms: b is a signed 16-bit immediate. Branches: u16 op, u16 a, u16 b, i16 distance in words from the op's start
//   (I forms: u16 op, u16 a, i16 immediate, i16 distance); BR: u16 op, u16 0, i32 distance
//   MOVI, GOTO_PC_*: i32 value in a and b (what is added to the pc); MOVI64: u64 value after a first word of u16 op, u16 d
//   MOVCOND, wide ops: further operands follow as u16
//   QLD, QST: b is a signed displacement; then u16 MemOpIdx, u16 0, u32 TLB table from env
//   ATOMIC: u16 d, addr, value; then u16 MemOpIdx, u16 AtomicKind or the replacement
//   The accumulator is the result of the last op that computed d; ops that want it in place of an operand are the ACC forms
//   CALL: u16 result, u16 function table index, u16 1 if it may fault; then the arguments
// Plain constants only (compiled by asc and tsc), dense, so that the interpreter's switch is one jump table.

// Leaving and moving in the code
export const TCI_EXIT_TB = 0;
export const TCI_GOTO_TB0 = 1;
export const TCI_GOTO_TB1 = 2;
export const TCI_GOTO_PC_TB0 = 3;
export const TCI_GOTO_PC_TB1 = 4;
export const TCI_GOTO_PTR = 5;
export const TCI_BR = 6;
export const TCI_MOV = 7;
export const TCI_MOVI = 8;
export const TCI_MOVI64 = 9;

// d = a op b: a quartet each: 64-bit, 64-bit immediate, 32-bit, 32-bit immediate (32-bit results are kept sign-extended)
export const TCI_ADD64 = 10;
export const TCI_ADDI64 = 11;
export const TCI_ADD32 = 12;
export const TCI_ADDI32 = 13;
export const TCI_SUB64 = 14;
export const TCI_SUBI64 = 15;
export const TCI_SUB32 = 16;
export const TCI_SUBI32 = 17;
export const TCI_MUL64 = 18;
export const TCI_MULI64 = 19;
export const TCI_MUL32 = 20;
export const TCI_MULI32 = 21;
export const TCI_AND64 = 22;
export const TCI_ANDI64 = 23;
export const TCI_AND32 = 24;
export const TCI_ANDI32 = 25;
export const TCI_OR64 = 26;
export const TCI_ORI64 = 27;
export const TCI_OR32 = 28;
export const TCI_ORI32 = 29;
export const TCI_XOR64 = 30;
export const TCI_XORI64 = 31;
export const TCI_XOR32 = 32;
export const TCI_XORI32 = 33;
export const TCI_SHL64 = 34;
export const TCI_SHLI64 = 35;
export const TCI_SHL32 = 36;
export const TCI_SHLI32 = 37;
export const TCI_SHR64 = 38;
export const TCI_SHRI64 = 39;
export const TCI_SHR32 = 40;
export const TCI_SHRI32 = 41;
export const TCI_SAR64 = 42;
export const TCI_SARI64 = 43;
export const TCI_SAR32 = 44;
export const TCI_SARI32 = 45;
export const TCI_ROTL64 = 46;
export const TCI_ROTLI64 = 47;
export const TCI_ROTL32 = 48;
export const TCI_ROTLI32 = 49;
export const TCI_ROTR64 = 50;
export const TCI_ROTRI64 = 51;
export const TCI_ROTR32 = 52;
export const TCI_ROTRI32 = 53;

// d = a op b without an immediate form: 64-bit, 32-bit
export const TCI_DIV64 = 54;
export const TCI_DIV32 = 55;
export const TCI_DIVU64 = 56;
export const TCI_DIVU32 = 57;
export const TCI_REM64 = 58;
export const TCI_REM32 = 59;
export const TCI_REMU64 = 60;
export const TCI_REMU32 = 61;
export const TCI_ANDC64 = 62;
export const TCI_ANDC32 = 63;
export const TCI_ORC64 = 64;
export const TCI_ORC32 = 65;
export const TCI_EQV64 = 66;
export const TCI_EQV32 = 67;
export const TCI_NAND64 = 68;
export const TCI_NAND32 = 69;
export const TCI_NOR64 = 70;
export const TCI_NOR32 = 71;
export const TCI_MULUH64 = 72;
export const TCI_MULUH32 = 73;
export const TCI_MULSH64 = 74;
export const TCI_MULSH32 = 75;
export const TCI_CLZ64 = 76;
export const TCI_CLZ32 = 77;
export const TCI_CTZ64 = 78;
export const TCI_CTZ32 = 79;

// d = op a: 64-bit, 32-bit
export const TCI_NEG64 = 80;
export const TCI_NEG32 = 81;
export const TCI_NOT64 = 82;
export const TCI_NOT32 = 83;
export const TCI_EXT8S64 = 84;
export const TCI_EXT8S32 = 85;
export const TCI_EXT8U64 = 86;
export const TCI_EXT8U32 = 87;
export const TCI_EXT16S64 = 88;
export const TCI_EXT16S32 = 89;
export const TCI_EXT16U64 = 90;
export const TCI_EXT16U32 = 91;
export const TCI_BSWAP16_64 = 92;
export const TCI_BSWAP16_32 = 93;
export const TCI_BSWAP32_64 = 94;
export const TCI_BSWAP32_32 = 95;
export const TCI_CTPOP64 = 96;
export const TCI_CTPOP32 = 97;
export const TCI_EXT32S = 98;
export const TCI_EXT32U = 99;
export const TCI_EXTRH = 100;
export const TCI_BSWAP64_64 = 101;

// Bit fields: extracts have pos | len << 8 for b; deposits pos and len in the third word
export const TCI_EXTRACT64 = 102;
export const TCI_EXTRACT32 = 103;
export const TCI_SEXTRACT64 = 104;
export const TCI_SEXTRACT32 = 105;
export const TCI_DEPOSIT64 = 106;
export const TCI_DEPOSIT32 = 107;

// Wide results: d, second output, a, b(, ...) as env offsets in order
export const TCI_MULU2_64 = 108;
export const TCI_MULU2_32 = 109;
export const TCI_MULS2_64 = 110;
export const TCI_MULS2_32 = 111;
export const TCI_ADD2_64 = 112;
export const TCI_ADD2_32 = 113;
export const TCI_SUB2_64 = 114;
export const TCI_SUB2_32 = 115;

// d = a cond b, 64: in the order of Cond
export const TCI_SETCOND64_EQ = 116;
export const TCI_SETCOND64_NE = 117;
export const TCI_SETCOND64_LT = 118;
export const TCI_SETCOND64_GE = 119;
export const TCI_SETCOND64_LE = 120;
export const TCI_SETCOND64_GT = 121;
export const TCI_SETCOND64_LTU = 122;
export const TCI_SETCOND64_GEU = 123;
export const TCI_SETCOND64_LEU = 124;
export const TCI_SETCOND64_GTU = 125;

// d = a cond b, I64: in the order of Cond
export const TCI_SETCONDI64_EQ = 126;
export const TCI_SETCONDI64_NE = 127;
export const TCI_SETCONDI64_LT = 128;
export const TCI_SETCONDI64_GE = 129;
export const TCI_SETCONDI64_LE = 130;
export const TCI_SETCONDI64_GT = 131;
export const TCI_SETCONDI64_LTU = 132;
export const TCI_SETCONDI64_GEU = 133;
export const TCI_SETCONDI64_LEU = 134;
export const TCI_SETCONDI64_GTU = 135;

// d = a cond b, 32: in the order of Cond
export const TCI_SETCOND32_EQ = 136;
export const TCI_SETCOND32_NE = 137;
export const TCI_SETCOND32_LT = 138;
export const TCI_SETCOND32_GE = 139;
export const TCI_SETCOND32_LE = 140;
export const TCI_SETCOND32_GT = 141;
export const TCI_SETCOND32_LTU = 142;
export const TCI_SETCOND32_GEU = 143;
export const TCI_SETCOND32_LEU = 144;
export const TCI_SETCOND32_GTU = 145;

// d = a cond b, I32: in the order of Cond
export const TCI_SETCONDI32_EQ = 146;
export const TCI_SETCONDI32_NE = 147;
export const TCI_SETCONDI32_LT = 148;
export const TCI_SETCONDI32_GE = 149;
export const TCI_SETCONDI32_LE = 150;
export const TCI_SETCONDI32_GT = 151;
export const TCI_SETCONDI32_LTU = 152;
export const TCI_SETCONDI32_GEU = 153;
export const TCI_SETCONDI32_LEU = 154;
export const TCI_SETCONDI32_GTU = 155;

// branch if a cond b, 64: in the order of Cond
export const TCI_BRCOND64_EQ = 156;
export const TCI_BRCOND64_NE = 157;
export const TCI_BRCOND64_LT = 158;
export const TCI_BRCOND64_GE = 159;
export const TCI_BRCOND64_LE = 160;
export const TCI_BRCOND64_GT = 161;
export const TCI_BRCOND64_LTU = 162;
export const TCI_BRCOND64_GEU = 163;
export const TCI_BRCOND64_LEU = 164;
export const TCI_BRCOND64_GTU = 165;

// branch if a cond b, I64: in the order of Cond
export const TCI_BRCONDI64_EQ = 166;
export const TCI_BRCONDI64_NE = 167;
export const TCI_BRCONDI64_LT = 168;
export const TCI_BRCONDI64_GE = 169;
export const TCI_BRCONDI64_LE = 170;
export const TCI_BRCONDI64_GT = 171;
export const TCI_BRCONDI64_LTU = 172;
export const TCI_BRCONDI64_GEU = 173;
export const TCI_BRCONDI64_LEU = 174;
export const TCI_BRCONDI64_GTU = 175;

// branch if a cond b, 32: in the order of Cond
export const TCI_BRCOND32_EQ = 176;
export const TCI_BRCOND32_NE = 177;
export const TCI_BRCOND32_LT = 178;
export const TCI_BRCOND32_GE = 179;
export const TCI_BRCOND32_LE = 180;
export const TCI_BRCOND32_GT = 181;
export const TCI_BRCOND32_LTU = 182;
export const TCI_BRCOND32_GEU = 183;
export const TCI_BRCOND32_LEU = 184;
export const TCI_BRCOND32_GTU = 185;

// branch if a cond b, I32: in the order of Cond
export const TCI_BRCONDI32_EQ = 186;
export const TCI_BRCONDI32_NE = 187;
export const TCI_BRCONDI32_LT = 188;
export const TCI_BRCONDI32_GE = 189;
export const TCI_BRCONDI32_LE = 190;
export const TCI_BRCONDI32_GT = 191;
export const TCI_BRCONDI32_LTU = 192;
export const TCI_BRCONDI32_GEU = 193;
export const TCI_BRCONDI32_LEU = 194;
export const TCI_BRCONDI32_GTU = 195;

// d = a cond b ? t : f
export const TCI_MOVCOND_EQ = 196;
export const TCI_MOVCOND_NE = 197;
export const TCI_MOVCOND_LT = 198;
export const TCI_MOVCOND_GE = 199;
export const TCI_MOVCOND_LE = 200;
export const TCI_MOVCOND_GT = 201;
export const TCI_MOVCOND_LTU = 202;
export const TCI_MOVCOND_GEU = 203;
export const TCI_MOVCOND_LEU = 204;
export const TCI_MOVCOND_GTU = 205;

// env fields
export const TCI_LD8U = 206;
export const TCI_LD8S = 207;
export const TCI_LD16U = 208;
export const TCI_LD16S = 209;
export const TCI_LD32U = 210;
export const TCI_LD32S = 211;
export const TCI_ST8 = 212;
export const TCI_ST16 = 213;
export const TCI_ST32 = 214;

// Guest memory: inline TLB check; the _ANY forms take every MemOp, through the slow path
export const TCI_QLD8U = 215;
export const TCI_QLD8S = 216;
export const TCI_QLD16U = 217;
export const TCI_QLD16S = 218;
export const TCI_QLD32U = 219;
export const TCI_QLD32S = 220;
export const TCI_QLD64 = 221;
export const TCI_QST8 = 222;
export const TCI_QST16 = 223;
export const TCI_QST32 = 224;
export const TCI_QST64 = 225;
// the same at multiples of 4
export const TCI_QLD32U_ALIGNED = 226;
export const TCI_QLD64_ALIGNED = 227;
export const TCI_QST32_ALIGNED = 228;
export const TCI_QST64_ALIGNED = 229;
export const TCI_QLD_ANY = 230;
export const TCI_QST_ANY = 231;
export const TCI_ATOMIC_RMW = 232;
export const TCI_ATOMIC_CMPXCHG = 233;
export const TCI_FENCE = 234;

// Helpers by argument count: without and with a result
export const TCI_CALL0V = 235;
export const TCI_CALL1V = 236;
export const TCI_CALL2V = 237;
export const TCI_CALL3V = 238;
export const TCI_CALL4V = 239;
export const TCI_CALL5V = 240;
export const TCI_CALL0 = 241;
export const TCI_CALL1 = 242;
export const TCI_CALL2 = 243;
export const TCI_CALL3 = 244;
export const TCI_CALL4 = 245;
export const TCI_CALL5 = 246;

// The same with the accumulator in place of operand a, which is named all the same
export const TCI_ACC_FOR_A = 247;
export const TCI_ACC_QLD8U = 247;
export const TCI_ACC_QLD8S = 248;
export const TCI_ACC_QLD16U = 249;
export const TCI_ACC_QLD16S = 250;
export const TCI_ACC_QLD32U = 251;
export const TCI_ACC_QLD32S = 252;
export const TCI_ACC_QLD64 = 253;
export const TCI_ACC_ADD64 = 254;
export const TCI_ACC_ADDI64 = 255;
export const TCI_ACC_ADD32 = 256;
export const TCI_ACC_ADDI32 = 257;
export const TCI_ACC_SUB64 = 258;
export const TCI_ACC_SUBI64 = 259;
export const TCI_ACC_SUB32 = 260;
export const TCI_ACC_SUBI32 = 261;
export const TCI_ACC_AND64 = 262;
export const TCI_ACC_ANDI64 = 263;
export const TCI_ACC_AND32 = 264;
export const TCI_ACC_ANDI32 = 265;
export const TCI_ACC_OR64 = 266;
export const TCI_ACC_ORI64 = 267;
export const TCI_ACC_OR32 = 268;
export const TCI_ACC_ORI32 = 269;
export const TCI_ACC_XOR64 = 270;
export const TCI_ACC_XORI64 = 271;
export const TCI_ACC_XOR32 = 272;
export const TCI_ACC_XORI32 = 273;
export const TCI_ACC_SHL64 = 274;
export const TCI_ACC_SHLI64 = 275;
export const TCI_ACC_SHL32 = 276;
export const TCI_ACC_SHLI32 = 277;
export const TCI_ACC_SHR64 = 278;
export const TCI_ACC_SHRI64 = 279;
export const TCI_ACC_SHR32 = 280;
export const TCI_ACC_SHRI32 = 281;
export const TCI_ACC_SAR64 = 282;
export const TCI_ACC_SARI64 = 283;
export const TCI_ACC_SAR32 = 284;
export const TCI_ACC_SARI32 = 285;
export const TCI_ACC_EXT8U64 = 286;
export const TCI_ACC_EXT16U64 = 287;
export const TCI_ACC_MOV = 288;
export const TCI_ACC_EXT32S = 289;
export const TCI_ACC_EXT32U = 290;
export const TCI_ACC_QST8 = 291;
export const TCI_ACC_QST16 = 292;
export const TCI_ACC_QST32 = 293;
export const TCI_ACC_QST64 = 294;
export const TCI_ACC_SETCOND64_EQ = 295;
export const TCI_ACC_SETCOND64_NE = 296;
export const TCI_ACC_SETCOND64_LT = 297;
export const TCI_ACC_SETCOND64_GE = 298;
export const TCI_ACC_SETCOND64_LE = 299;
export const TCI_ACC_SETCOND64_GT = 300;
export const TCI_ACC_SETCOND64_LTU = 301;
export const TCI_ACC_SETCOND64_GEU = 302;
export const TCI_ACC_SETCOND64_LEU = 303;
export const TCI_ACC_SETCOND64_GTU = 304;
export const TCI_ACC_SETCONDI64_EQ = 305;
export const TCI_ACC_SETCONDI64_NE = 306;
export const TCI_ACC_SETCONDI64_LT = 307;
export const TCI_ACC_SETCONDI64_GE = 308;
export const TCI_ACC_SETCONDI64_LE = 309;
export const TCI_ACC_SETCONDI64_GT = 310;
export const TCI_ACC_SETCONDI64_LTU = 311;
export const TCI_ACC_SETCONDI64_GEU = 312;
export const TCI_ACC_SETCONDI64_LEU = 313;
export const TCI_ACC_SETCONDI64_GTU = 314;

// The same in place of operand d, which is read: of stores, branches
export const TCI_ACC_FOR_D = 315;
export const TCI_ACCV_QST8 = 315;
export const TCI_ACCV_QST16 = 316;
export const TCI_ACCV_QST32 = 317;
export const TCI_ACCV_QST64 = 318;
export const TCI_ACC_BRCOND64_EQ = 319;
export const TCI_ACC_BRCOND64_NE = 320;
export const TCI_ACC_BRCOND64_LT = 321;
export const TCI_ACC_BRCOND64_GE = 322;
export const TCI_ACC_BRCOND64_LE = 323;
export const TCI_ACC_BRCOND64_GT = 324;
export const TCI_ACC_BRCOND64_LTU = 325;
export const TCI_ACC_BRCOND64_GEU = 326;
export const TCI_ACC_BRCOND64_LEU = 327;
export const TCI_ACC_BRCOND64_GTU = 328;
export const TCI_ACC_BRCONDI64_EQ = 329;
export const TCI_ACC_BRCONDI64_NE = 330;
export const TCI_ACC_BRCONDI64_LT = 331;
export const TCI_ACC_BRCONDI64_GE = 332;
export const TCI_ACC_BRCONDI64_LE = 333;
export const TCI_ACC_BRCONDI64_GT = 334;
export const TCI_ACC_BRCONDI64_LTU = 335;
export const TCI_ACC_BRCONDI64_GEU = 336;
export const TCI_ACC_BRCONDI64_LEU = 337;
export const TCI_ACC_BRCONDI64_GTU = 338;

export const TCI_OPS = 339;

/** The insn table behind a TB's code (TB_INSN_TABLE): for each guest instruction u16 first word of its code, u16 pc offset. */
export const TCI_INSN_SIZE = 4;
/** The frame slot that always holds zero; the others follow it. */
export const TCI_ZERO_SLOT = 0;
