/** Where generated code is kept between runs: what a host gives the engine (src/node/code-store.ts). */
export interface CodeStore {
  /**
   * What was last saved under the key, in memory of its own; undefined: nothing, or nothing that can be trusted. `key` says in full what the code was made
   * for and with. Never throws.
   */
  load(key: string): Uint8Array<ArrayBuffer> | undefined;
  /** Replaces it; who loads meanwhile gets all of the old or all of the new. Never throws. */
  save(key: string, bytes: Uint8Array): void;
  /** Tells the user of something that was ignored. */
  warn(message: string): void;
  /** Bytes that a key may have at most. */
  readonly maxBytes: number;
}
