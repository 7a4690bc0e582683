// The few globals beyond ECMAScript that the core may use: present, and the same, in Node, browsers and workers. Nothing host-bound goes here.

interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare const TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  decode(input?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}
declare const TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder };

declare const performance: { now(): number; readonly timeOrigin: number };

/** What a timer function returns: a number in browsers, an object in Node. Hand it back, look not inside. */
interface TimeoutHandle {
  readonly __timeoutHandle: never;
}
declare function setTimeout(callback: () => void, ms?: number): TimeoutHandle;
declare function clearTimeout(handle: TimeoutHandle | undefined): void;
/** Base64, of bytes as characters. */
declare function atob(text: string): string;
declare function btoa(bytes: string): string;
declare function queueMicrotask(callback: () => void): void;
