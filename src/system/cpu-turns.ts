/**
 * Whose turn it is: the CPUs of a machine run on one thread, one after the other (QEMU's `-accel tcg,thread=single`).
 *
 * Time goes in rounds, and in each round every CPU that is able to run may use up one quantum, so none starves. Who comes next depends only on what the
 * guest does and on what it has used: where that is counted in instructions (icount), the host cannot change the order.
 */
import type { CpuState } from '../hw/core/cpu.js';
import { ByteReader, ByteWriter } from '../util/bytes.js';
import { bool, bytes, f64, i32, structArray, u32, vmState } from '../hw/core/vmstate.js';

/** In whatever `spend` counts: ns, or instructions. */
export interface TurnLengths {
  /** What a CPU may use in a round. */
  readonly quantum: number;
  /** What a CPU may use of that at once when an interrupt has put it before the others: enough for a handler. */
  readonly prompt: number;
  /** What is left of a quantum counts as nothing below this. */
  readonly least: number;
}

interface Seat {
  readonly cpu: CpuState;
  /** Of this round's quantum. */
  left: number;
  /** It waits for another one, and has no more turns in this round, but for interrupts. */
  passed: boolean;
}

/** Bytes of what is kept of `prompted`: two a CPU. */
const MOST_PROMPTED = 1024;

const SEAT = vmState<Seat>('seat', { version: 1 }, [f64('left'), bool('passed')]);

const isAble = ({ cpu }: Seat): boolean => !cpu.held && (!cpu.halted || cpu.hasWork());

export class CpuTurns {
  static readonly vmState = vmState<CpuTurns>(
    'cpu_turns',
    {
      version: 1,
      preSave: (turns) => turns.noteOrder(),
      refuses: (next) => (next.place < next.seats.length && next.currentSeat < next.seats.length ? undefined : 'a CPU that is not there'),
      postLoad: (turns) => turns.takeOrder(),
    },
    [
      structArray('seats', SEAT),
      u32('place'),
      i32('currentSeat'),
      f64('remaining'),
      bool('isContended'),
      bool('isPrompt'),
      bytes(MOST_PROMPTED)('promptedSeats'),
    ],
  );

  seats: readonly Seat[] = [];
  /** Whose turn it is by the order of the ring: the one that an interrupt of another has put off goes on here. */
  place = 0;
  private current: Seat | undefined;
  /** Of the current turn. */
  remaining = 0;
  /** When the turn of `next`'s CPU began, another was able to run. It is not asked again: when the host interrupts a turn must make no difference. */
  isContended = false;
  /** Turns that have begun. */
  count = 0;
  /** The current turn is one for an interrupt. */
  isPrompt = false;
  private prompted: Seat[] = [];
  // The same by number, in snapshots only.
  currentSeat = -1;
  promptedSeats: Uint8Array = new Uint8Array(0);

  constructor(private readonly lengths: TurnLengths) {}

  /** A new beginning with the first of `cpus`, which are in the order of their indexes. */
  reset(cpus: readonly CpuState[]): void {
    this.place = this.remaining = this.prompted.length = 0;
    this.current = undefined;
    this.isContended = this.isPrompt = false;
    this.seats = cpus.map((cpu) => ({ cpu, left: this.lengths.quantum, passed: false }));
  }

  /** The CPU that runs now: the last one again if its turn was only interrupted by the host. Undefined: all wait. */
  next(): CpuState | undefined {
    if (this.seats.length === 1) return isAble(this.seats[0]) ? this.seats[0].cpu : undefined;
    if (this.current && this.remaining > 0 && isAble(this.current)) return this.current.cpu;
    this.current = this.choose();
    return this.current?.cpu;
  }

  /** What the CPU of `next` may use before it is another's turn. */
  get left(): number {
    return this.seats.length === 1 ? Infinity : this.remaining;
  }

  /** The CPU of `next` has used so much. */
  spend(amount: number): void {
    if (!this.current) return;
    this.remaining -= amount;
    this.current.left -= amount;
    if (this.remaining < this.lengths.least) this.remaining = 0;
    if (this.current.left < this.lengths.least) this.current.left = 0;
  }

  /** The CPU of `next` waits for another: it has its turn again when all others have had theirs. */
  pass(): void {
    this.remaining = 0;
    if (this.current) this.current.passed = true;
  }

  /** An interrupt has come for the CPU: it is next, if it has anything left of its quantum. False: that changes nothing. */
  prompt(cpu: CpuState): boolean {
    const seat = this.seats[cpu.cpuIndex];
    if (this.seats.length === 1 || seat === this.current || seat.left === 0 || this.prompted.includes(seat)) return false;
    this.prompted.push(seat);
    if (this.isPrompt) return false;
    this.remaining = 0;
    return true;
  }

  noteOrder(): void {
    const out = new ByteWriter();
    for (const seat of this.prompted) out.u16(this.seats.indexOf(seat));
    this.promptedSeats = out.finish();
    this.currentSeat = this.current ? this.seats.indexOf(this.current) : -1;
  }
  takeOrder(): void {
    const input = new ByteReader(this.promptedSeats);
    this.prompted = [];
    while (input.remaining >= 2) this.prompted.push(...this.seats.slice(input.u16()).slice(0, 1));
    this.current = this.currentSeat < 0 ? undefined : this.seats[this.currentSeat];
  }

  private choose(): Seat | undefined {
    for (let seat = this.prompted.shift(); seat; seat = this.prompted.shift()) {
      if (seat.left > 0 && isAble(seat)) return this.begin(seat, this.lengths.prompt, true);
    }
    const found = this.find();
    if (found || !this.seats.some(isAble)) return found;
    for (const seat of this.seats) {
      seat.left = this.lengths.quantum;
      seat.passed = false;
    }
    this.advance();
    return this.find();
  }

  /** From the place on, round the ring. */
  private find(): Seat | undefined {
    for (let n = 0; n < this.seats.length; n++, this.advance()) {
      const seat = this.seats[this.place];
      if (seat.left > 0 && !seat.passed && isAble(seat)) return this.begin(seat, seat.left);
    }
    return undefined;
  }

  private begin(seat: Seat, length: number, isPrompt = false): Seat {
    this.count++;
    this.isPrompt = isPrompt;
    this.remaining = Math.min(length, seat.left);
    this.isContended = this.seats.some((other) => other !== seat && isAble(other));
    return seat;
  }

  private advance(): void {
    this.place = (this.place + 1) % this.seats.length;
  }
}
