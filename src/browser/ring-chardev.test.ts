import { describe, expect, it } from 'vitest';
import { RingChardev, RingPort } from './ring-chardev.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (characters: string): Uint8Array => new TextEncoder().encode(characters);

/** Both ends in this thread; what one tells the other comes when the test says so. */
function rig() {
  const port = RingPort.create();
  const told = { page: 0, machine: 0 };
  const chardev = new RingChardev('serial0', port.rings, () => told.page++);
  port.tell = () => told.machine++;
  let received = '';
  let room = Infinity;
  chardev.attach({ canReceive: () => room, receive: (part) => (received += text(part)) });
  const take = (count: number): void => void (room = count);
  return { port, chardev, told, take, received: () => received };
}

describe('a console in rings', () => {
  it('carries bytes both ways, and tells once of many', async () => {
    const { port, chardev, told, received } = rig();
    let said = '';
    port.onOutput((part) => (said += text(part)));
    for (const character of 'boot') chardev.write(bytes(character));
    await Promise.resolve();
    expect(told.page).toBe(1);
    port.turned();
    port.type(bytes('root\n'));
    chardev.turned();
    expect([said, received(), told.machine]).toEqual(['boot', 'root\n', 1]);
  });

  it('stops a guest that writes what nobody reads, and loses none of it', () => {
    const { port, chardev } = rig();
    let said = 0;
    port.onOutput((part) => (said += part.length));
    const part = new Uint8Array(40_000);
    chardev.write(part);
    expect(chardev.writable).toBe(true);
    chardev.write(part);
    chardev.write(part);
    expect(chardev.writable).toBe(false);
    for (let n = 0; n < 4; n++) {
      port.turned();
      chardev.turned();
    }
    port.turned();
    expect([said, chardev.writable]).toEqual([120_000, true]);
  });

  it('keeps what is typed until the guest takes it', () => {
    const { port, chardev, take, received } = rig();
    take(0);
    const typed = 'x'.repeat(1_000_000);
    port.type(bytes(typed));
    for (let n = 0; n < 40; n++) {
      chardev.turned();
      port.turned();
    }
    expect([received(), chardev.queued < 300_000]).toEqual(['', true]);
    take(Infinity);
    for (let n = 0; n < 40; n++) {
      chardev.acceptInput();
      chardev.turned();
      port.turned();
    }
    expect(received()).toBe(typed);
  });

  it('tells who listens first what was said before', () => {
    const { port, chardev } = rig();
    chardev.write(bytes('hello'));
    port.turned();
    const heard: string[] = [];
    port.onOutput((part) => heard.push(text(part)));
    port.onOutput((part) => heard.push(`again ${text(part)}`));
    expect(heard).toEqual(['hello']);
  });
});
