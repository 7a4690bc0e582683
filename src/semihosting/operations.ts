/**
 * The operations, a row each. Sources: "Semihosting for AArch32 and AArch64" (Arm), "Semihosting operations"; "RISC-V Semihosting" for what differs.
 * Where they leave a choice, answers are those of QEMU 10.
 */
import { PIECE, type Call } from './call.js';
import { Refusal } from './errno.js';
import { ConstantHandle, FileHandle, InputHandle, OutputHandle, StreamKind, type Handle } from './handles.js';
import type { Semihosting } from './semihosting.js';
import type { OpenMode } from './services.js';
import { put, type Waiting } from './streams.js';

type Answer = number | bigint;

export interface Operation {
  readonly name: string;
  /** What the call answers, now or when it has waited. Throws Refusal: -1. */
  readonly run: (host: Semihosting, call: Call) => Answer | Waiting<Answer>;
}

/** Of operations that answer nothing. */
const NOTHING = 0xdeadbeefn;
const NS_PER_TICK = 1_000_000_000n;
const NS_PER_CENTISECOND = 10_000_000n;

const ADP_STOPPED_APPLICATION_EXIT = 0x20026n;
/** Magic, and a bit each for SYS_EXIT_EXTENDED and for `:tt` as stdout and stderr. */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0x03);

const mode = (read: boolean, write: boolean, truncate: boolean, append: boolean): OpenMode => ({ read, write, truncate, append });
/** r, r+, w, w+, a, a+; each stands for itself and, with b, for the next number. */
const MODES = [
  mode(true, false, false, false),
  mode(true, true, false, false),
  mode(false, true, true, false),
  mode(true, true, true, false),
  mode(false, true, false, true),
  mode(true, true, false, true),
];

const modeOf = (number: bigint): OpenMode => {
  if (number >= BigInt(2 * MODES.length)) throw new Refusal('EINVAL');
  return MODES[Number(number >> 1n)];
};

function open(host: Semihosting, call: Call): number {
  const [address, number, length] = [call.word(0), call.word(1), call.word(2)];
  const mode = modeOf(number);
  const name = call.name(address, length);
  return host.handles.open(() => openNamed(host, name, mode));
}

export function openStream(host: Semihosting, stream: StreamKind): Handle {
  switch (stream) {
    case StreamKind.Stdin:
      return new InputHandle(host.stdin, host.config.stdin);
    case StreamKind.Stdout:
      return new OutputHandle(host.stdout, stream);
    case StreamKind.Stderr:
      return new OutputHandle(host.stderr, stream);
    case StreamKind.Features:
      return new ConstantHandle(FEATURES);
  }
}

function openNamed(host: Semihosting, name: string, mode: OpenMode): Handle {
  if (name === ':tt') return openStream(host, mode.append ? StreamKind.Stderr : mode.truncate ? StreamKind.Stdout : StreamKind.Stdin);
  if (name === ':semihosting-features') {
    if (mode.write) throw new Refusal('EACCES');
    return openStream(host, StreamKind.Features);
  }
  return new FileHandle(host.files.open(name, mode), mode);
}

function* writeChar(host: Semihosting, call: Call): Waiting<Answer> {
  yield* put(host.console, call.read(call.parameter, 1));
  return NOTHING;
}

function* writeText(host: Semihosting, call: Call): Waiting<Answer> {
  let isFirst = true;
  for (const piece of call.text(call.parameter)) {
    if (!isFirst) yield;
    isFirst = false;
    yield* put(host.console, piece);
  }
  return NOTHING;
}

/** Answers how many bytes were not written: those after the first that could not. */
function* write(host: Semihosting, call: Call): Waiting<Answer> {
  const [handle, address, size] = [call.int(0), call.word(1), call.word(2)];
  return yield* transfer(host, size, function* (done, count) {
    const bytes = call.read(address + done, count);
    yield* host.handles.get(handle).write(bytes);
    return count;
  });
}

/** Answers how many bytes of the buffer were not filled. */
function* read(host: Semihosting, call: Call): Waiting<Answer> {
  const [handle, address, size] = [call.int(0), call.word(1), call.word(2)];
  return yield* transfer(host, size, function* (done, count) {
    call.checkWritable(address + done, count);
    const bytes = yield* host.handles.get(handle).read(count);
    call.write(address + done, bytes);
    return bytes.length;
  });
}

/** Moves `size` bytes in pieces, until one comes out short or is refused; the bytes that are left. */
function* transfer(host: Semihosting, size: bigint, piece: (done: bigint, count: number) => Waiting<number>): Waiting<bigint> {
  let done = 0n;
  try {
    do {
      const left = size - done;
      const count = left < PIECE ? Number(left) : PIECE;
      const moved = yield* piece(done, count);
      done += BigInt(moved);
      if (moved < count) break;
      if (done < size) yield;
    } while (done < size);
  } catch (error) {
    host.refused(error);
  }
  return size - done;
}

function* readChar(host: Semihosting): Waiting<Answer> {
  return yield* host.consoleInput.readByte();
}

function isTerminal(host: Semihosting, call: Call): Answer {
  if (host.handles.get(call.int(0)).isTerminal()) return 1;
  host.refused(new Refusal('ENOTTY'));
  return 0;
}

function seek(host: Semihosting, call: Call): Answer {
  const handle = host.handles.get(call.int(0));
  const position = Number(BigInt.asIntN(8 * call.wordSize, call.word(1)));
  if (position < 0 || !Number.isSafeInteger(position)) throw new Refusal('EINVAL');
  handle.seek(position);
  return 0;
}

function rename(host: Semihosting, call: Call): Answer {
  const from = call.name(call.word(0), call.word(1));
  host.files.rename(from, call.name(call.word(2), call.word(3)));
  return 0;
}

/** Names differ by the guest's number, and lead to where files may be made. */
function temporaryName(host: Semihosting, call: Call): Answer {
  const [address, number, size] = [call.word(0), call.int(1), call.word(2)];
  const name = new TextEncoder().encode(`wemu-tmp-${(number & 0xff).toString(16).padStart(2, '0')}\0`);
  if (size < BigInt(name.length)) throw new Refusal('E2BIG');
  call.write(address, name);
  return 0;
}

function commandLine(host: Semihosting, call: Call): Answer {
  const [address, size] = [call.word(0), call.word(1)];
  const text = new TextEncoder().encode(`${host.config.commandLine ?? ''}\0`);
  if (size < BigInt(text.length)) throw new Refusal('E2BIG');
  call.checkWritable(call.parameter, 2 * call.wordSize);
  call.write(address, text);
  call.setWord(1, BigInt(text.length - 1));
  return 0;
}

/** Heap and stack share what is free: one grows from each end. */
function heapInfo(host: Semihosting, call: Call): Answer {
  const free = host.machine.freeMemory() ?? { start: 0, end: 0 };
  const [start, end] = [BigInt(free.start), BigInt(free.end)];
  call.writeWords(call.word(0), [start, end, end, start]);
  return 0;
}

/** Never comes back: who lets the machine go on after its end is told again. */
function* exit(host: Semihosting, status: number): Waiting<Answer> {
  for (;;) {
    host.machine.exit(status);
    yield;
  }
}

/** The reason and a status in a block. */
function exitWithStatus(host: Semihosting, call: Call): Waiting<Answer> {
  const [reason, status] = [call.word(0), call.word(1)];
  return exit(host, reason === ADP_STOPPED_APPLICATION_EXIT ? Number(status & 0xffn) : 1);
}

/** On a 32-bit CPU the parameter is the reason itself. */
function exitForReason(host: Semihosting, call: Call): Waiting<Answer> {
  if (call.wordSize === 8) return exitWithStatus(host, call);
  return exit(host, call.parameter === ADP_STOPPED_APPLICATION_EXIT ? 0 : 1);
}

/** 64 bits in the block, whatever a word is. */
function elapsed(host: Semihosting, call: Call): Answer {
  const ns = host.machine.elapsedNs();
  call.writeWords(call.parameter, call.wordSize === 8 ? [ns] : [ns, ns >> 32n]);
  return 0;
}

const refuse = (): never => {
  throw new Refusal('ENOSYS');
};

// prettier-ignore
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map([
  [0x01, { name: 'SYS_OPEN',          run: open }],
  [0x02, { name: 'SYS_CLOSE',         run: (host, call) => (host.handles.close(call.int(0)), 0) }],
  [0x03, { name: 'SYS_WRITEC',        run: writeChar }],
  [0x04, { name: 'SYS_WRITE0',        run: writeText }],
  [0x05, { name: 'SYS_WRITE',         run: write }],
  [0x06, { name: 'SYS_READ',          run: read }],
  [0x07, { name: 'SYS_READC',         run: readChar }],
  [0x08, { name: 'SYS_ISERROR',       run: (_, call) => Number(BigInt.asIntN(8 * call.wordSize, call.word(0)) < 0n) }],
  [0x09, { name: 'SYS_ISTTY',         run: isTerminal }],
  [0x0a, { name: 'SYS_SEEK',          run: seek }],
  [0x0c, { name: 'SYS_FLEN',          run: (host, call) => host.handles.get(call.int(0)).size() }],
  [0x0d, { name: 'SYS_TMPNAM',        run: temporaryName }],
  [0x0e, { name: 'SYS_REMOVE',        run: (host, call) => (host.files.remove(call.name(call.word(0), call.word(1))), 0) }],
  [0x0f, { name: 'SYS_RENAME',        run: rename }],
  [0x10, { name: 'SYS_CLOCK',         run: (host) => host.machine.elapsedNs() / NS_PER_CENTISECOND }],
  [0x11, { name: 'SYS_TIME',          run: (host) => host.machine.wallNs() / NS_PER_TICK }],
  [0x12, { name: 'SYS_SYSTEM',        run: refuse }], // a shell of the host's is not the guest's to have
  [0x13, { name: 'SYS_ERRNO',         run: (host) => host.errno }],
  [0x15, { name: 'SYS_GET_CMDLINE',   run: commandLine }],
  [0x16, { name: 'SYS_HEAPINFO',      run: heapInfo }],
  [0x18, { name: 'SYS_EXIT',          run: exitForReason }],
  [0x19, { name: 'SYS_SYNCCACHE',     run: () => 0 }], // stores to code are noticed
  [0x20, { name: 'SYS_EXIT_EXTENDED', run: exitWithStatus }],
  [0x30, { name: 'SYS_ELAPSED',       run: elapsed }],
  [0x31, { name: 'SYS_TICKFREQ',      run: () => NS_PER_TICK }],
] satisfies [number, Operation][]);
