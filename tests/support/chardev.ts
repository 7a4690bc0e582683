/** For tests of character devices of the host. */
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { CharBackend, type Chardev, type CharEvent } from '../../src/chardev/chardev.js';

/** What the host's event loop brings about, within some seconds. */
export async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !test(); i++) await setTimeout(5);
  expect(test()).toBe(true);
}

/** A frontend that keeps what it hears, and takes `room` bytes. */
export function frontend(chardev: Chardev) {
  const front = new CharBackend(chardev);
  const state = { front, text: '', events: [] as CharEvent[], room: Infinity, writable: 0 };
  front.setHandlers({
    canReceive: () => state.room,
    receive: (bytes) => {
      state.text += new TextDecoder().decode(bytes);
      state.room -= bytes.length;
    },
    event: (event) => state.events.push(event),
    writable: () => state.writable++,
  });
  return state;
}
