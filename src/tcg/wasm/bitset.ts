/** Sets of globals as rows of 32-bit words in one array: a region has hundreds of sets, and a target some hundred globals. */
export class Bitsets {
  readonly words: number;
  readonly data: Int32Array;

  constructor(
    count: number,
    readonly size: number,
  ) {
    this.words = (size + 31) >> 5;
    this.data = new Int32Array(count * this.words);
  }

  add(row: number, bit: number): void {
    this.data[row * this.words + (bit >> 5)] |= 1 << (bit & 31);
  }
  delete(row: number, bit: number): void {
    this.data[row * this.words + (bit >> 5)] &= ~(1 << (bit & 31));
  }
  has(row: number, bit: number): boolean {
    return ((this.data[row * this.words + (bit >> 5)] >> (bit & 31)) & 1) !== 0;
  }
  fill(row: number, value: 0 | -1): void {
    this.data.fill(value, row * this.words, (row + 1) * this.words);
  }
  copy(row: number, from: Bitsets, fromRow: number): void {
    for (let w = 0; w < this.words; w++) this.data[row * this.words + w] = from.data[fromRow * this.words + w];
  }
  /** row |= other; whether it grew. */
  union(row: number, from: Bitsets, fromRow: number): boolean {
    let grew = false;
    for (let w = 0; w < this.words; w++) {
      const at = row * this.words + w;
      const value = this.data[at] | from.data[fromRow * this.words + w];
      if (value !== this.data[at]) {
        this.data[at] = value;
        grew = true;
      }
    }
    return grew;
  }
  /** The members of a row, ascending. */
  members(row: number): number[] {
    const list: number[] = [];
    for (let w = 0; w < this.words; w++) {
      for (let bits = this.data[row * this.words + w]; bits !== 0; bits &= bits - 1) list.push(w * 32 + 31 - Math.clz32(bits & -bits));
    }
    return list;
  }
}
