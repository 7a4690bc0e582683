/** Disks at a URL, on servers of all kinds. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openRemote, readImage } from './images.js';

const CHUNK = 256 * 1024;
const SIZE = 3 * CHUNK - 1000;
const disk = Uint8Array.from({ length: SIZE }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

interface Served {
  readonly url: string;
  /** What was asked for: ranges, '' for all of it. */
  readonly asked: string[];
}

async function serve(answer: (response: ServerResponse, range: RegExpExecArray | null, request: IncomingMessage) => void): Promise<Served> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    asked.push(range?.[0] ?? '');
    answer(response, range, request);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk`, asked };
}

/** A piece of it, as RFC 9110, 14 has it. `less`: bytes that do not come. */
function piece(response: ServerResponse, range: RegExpExecArray | null, etag = '"1"', less = 0): void {
  if (!range) return void response.writeHead(200, { etag }).end(disk);
  const [from, to] = [Number(range[1]), Number(range[2])];
  response.writeHead(206, { etag, 'content-range': `bytes ${from}-${to}/${SIZE}` }).end(disk.subarray(from, to + 1 - less));
}

const read = async (blob: Awaited<ReturnType<typeof openRemote>>, start: number, end: number): Promise<Uint8Array> =>
  new Uint8Array(await blob.slice(start, end).arrayBuffer());

describe('a disk at a URL', () => {
  it('is fetched piece by piece, each piece once', async () => {
    const { url, asked } = await serve((response, range) => piece(response, range));
    const blob = await openRemote('drive', url);
    expect([blob.size, asked]).toEqual([SIZE, ['bytes=0-0']]);
    expect(await read(blob, 512, 1024)).toEqual(disk.subarray(512, 1024));
    expect(await read(blob, 0, 4096)).toEqual(disk.subarray(0, 4096));
    expect(asked.slice(1)).toEqual([`bytes=0-${CHUNK - 1}`]);
    // across a border, and up to the end, which is in the middle of a piece
    expect(await read(blob, 2 * CHUNK - 10, SIZE)).toEqual(disk.subarray(2 * CHUNK - 10));
    expect(asked.slice(2)).toEqual([`bytes=${CHUNK}-${2 * CHUNK - 1}`, `bytes=${2 * CHUNK}-${SIZE - 1}`]);
  });

  it('is loaded whole from a server that serves no ranges', async () => {
    const { url, asked } = await serve((response) => piece(response, null));
    const blob = await openRemote('drive', url);
    expect(asked).toEqual(['bytes=0-0', '']);
    expect(await read(blob, CHUNK, CHUNK + 512)).toEqual(disk.subarray(CHUNK, CHUNK + 512));
    expect(asked).toHaveLength(2);
  });

  it('that changes meanwhile cannot be read, until it is again what it was', async () => {
    let etag = '"1"';
    const { url } = await serve((response, range) => piece(response, range, etag));
    const blob = await openRemote('drive', url);
    etag = '"2"';
    await expect(read(blob, 0, 512)).rejects.toThrow(`'${url}' has changed`);
    etag = '"1"';
    expect(await read(blob, 0, 512)).toEqual(disk.subarray(0, 512));
  });

  it('whose server stops serving ranges cannot be read', async () => {
    let isWhole = false;
    const { url } = await serve((response, range) => piece(response, isWhole ? null : range));
    const blob = await openRemote('drive', url);
    isWhole = true;
    await expect(read(blob, 0, 512)).rejects.toThrow('has changed');
  });

  it('that comes cut short cannot be read', async () => {
    const { url } = await serve((response, range) => piece(response, range, '"1"', range?.[2] === '0' ? 0 : 1));
    await expect(read(await openRemote('drive', url), 0, 512)).rejects.toThrow('came cut short');
  });

  it('that is not there, or is a page, is no disk', async () => {
    const { url } = await serve((response, _, { url: path }) =>
      path === '/disk' ? response.writeHead(404).end() : response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    await expect(openRemote('drive', url)).rejects.toThrow(`cannot fetch '${url}': 404 Not Found`);
    await expect(openRemote('drive', `${url}/page`)).rejects.toThrow('is a page (text/html), and no image');
  });
});

it('tells of a download that breaks off', async () => {
  const { url } = await serve((response) => {
    response.writeHead(200, { 'content-length': SIZE });
    response.write(disk.subarray(0, 1000), () => response.destroy());
  });
  await expect(readImage('kernel', url)).rejects.toThrow(`the download of '${url}' broke off`);
});
