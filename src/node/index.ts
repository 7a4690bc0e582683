/** wemu on Node: the core, and what only Node knows. */
export * from '../index.js';
export { createNodeHost, type NodeHost } from './host.js';
export { engineWasmPath, readEngineWasm } from './engine-wasm.js';
export { FolderFiles } from './semihosting-files.js';
export { FileChardev, StdioChardev, type ChardevUser } from './chardev.js';
export { openChardev } from './chardev-open.js';
export { SocketChardev } from './chardev-socket.js';
export { gdbServer, type GdbServer, type GdbStubOptions } from './gdb-server.js';
export { buildInitramfs, type InitramfsOptions } from './guest/initramfs.js';
export { GuestUnavailable, type FetchProgress } from './guest/apt.js';
export { fetchGuestFiles, type GuestFileName } from './guest/debian.js';
