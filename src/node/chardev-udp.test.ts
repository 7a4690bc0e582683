import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, it, vi } from 'vitest';
import { CharBackend } from '../chardev/chardev.js';
import { UdpChardev } from './chardev-udp.js';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((clean) => clean()));

const bound = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    cleanups.push(() => socket.close());
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });

it('sends what is written at once as one datagram, and takes what comes back', async () => {
  const peer = await bound();
  const got: string[] = [];
  let from = 0;
  peer.on('message', (bytes, { port }) => {
    got.push(bytes.toString());
    from = port;
  });
  const { port } = peer.address();
  const chardev = await UdpChardev.open('c', { backend: 'udp', host: '127.0.0.1', port, localHost: '127.0.0.1', localPort: 0 }, '-serial');
  cleanups.push(() => chardev.close());
  expect(chardev.filename).toBe(`udp:127.0.0.1:${port}`);
  let text = '';
  const front = new CharBackend(chardev);
  front.setHandlers({ canReceive: () => 100, receive: (bytes) => (text += new TextDecoder().decode(bytes)) });
  front.write(new TextEncoder().encode('hello'));
  front.write(new TextEncoder().encode('again'));
  await vi.waitFor(() => expect(got).toEqual(['hello', 'again']));
  peer.send('answer', from, '127.0.0.1');
  await vi.waitFor(() => expect(text).toBe('answer'));
});

it('says in one line what host there is none of', async () => {
  const options = { backend: 'udp', host: 'no.such.host.invalid', port: 1, localHost: '', localPort: 0 } as const;
  await expect(UdpChardev.open('c', options, '-serial udp')).rejects.toThrow(
    /^-serial udp: Failed to connect to 'no\.such\.host\.invalid:1': /,
  );
});
