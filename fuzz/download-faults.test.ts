/**
 * What is fetched, while programs, disks and servers fail: Debian's files for `wemu linux` are what the package has, or are not there and one line says
 * why; an image at a URL is whole, or refused with one line.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openRemote, readImage } from '../src/browser/images.js';
import { crc32 } from '../src/util/crc32.js';
import { isUserError } from '../src/util/errors.js';
import { SeededRandom } from '../src/util/random.js';
import type { Faults } from './faulty-fs.js';
import { repeat, TIMEOUT } from './repeat.js';

const { faults } = vi.hoisted(() => ({ faults: {} as { now: Faults } }));
vi.mock('node:fs', async (original) => {
  const { Faults } = await import('./faulty-fs.js');
  faults.now = new Faults();
  return faults.now.wrap(await original());
});

const { debianSource, GuestUnavailable } = await import('../src/node/guest/apt.js');
const { checksumLine } = await import('../src/node/guest/checked-file.js');
const { fetchGuestFiles, guestFolder } = await import('../src/node/guest/debian.js');
const fs = await vi.importActual<typeof import('node:fs')>('node:fs');

const folder = mkdtempSync(join(tmpdir(), 'wemu-downloads-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  faults.now.stop();
  vi.unstubAllEnvs();
});

const SILENT = { start: () => {}, update: () => {}, stop: () => {} };
const BUSYBOX = new SeededRandom(1).bytes(20_000);

/** Programs of Debian's that do what they are asked, but for the one whose turn is `$FATE_AT`: it comes to a bad end, having done a part, or nothing. */
const TOOL = `#!/bin/sh
turn=$(cat "$FATES/turn"); echo $((turn + 1)) > "$FATES/turn"
work() {
  case "$(basename "$0") $*" in
    apt-get*update) echo 'dlstatus:1:50.0:half' >&3 ;;
    apt-get*download*) echo deb > busybox-static_1_riscv64.deb ;;
    dpkg-deb*) cat "$FATES/data.tar" ;;
    tar*) /bin/tar "$@" ;;
  esac
}
if [ "$turn" = "$FATE_AT" ]; then
  case "$FATE" in
    says) echo 'E: the server is gone' >&2; exit 100 ;;
    silent) exit 3 ;;
    killed) kill -9 $$ ;;
    part) work "$@" | head -c 5000; echo 'no space' >&2; exit 2 ;;
    chatty) printf 'a\\033[2J\\r\\nb\\n' >&2; exit 1 ;;
    nothing) exit 0 ;;
  esac
fi
work "$@"
`;
const FATES = ['says', 'silent', 'killed', 'part', 'chatty', 'nothing'] as const;
/** Programs that a fetch runs: update, download, dpkg-deb, tar. */
const TURNS = 4;

describe.skipIf(debianSource() === undefined)('files of Debian, from programs and disks that fail', () => {
  beforeAll(() => {
    mkdirSync(path('bin'));
    for (const name of ['apt-get', 'apt-cache', 'dpkg-deb', 'tar']) writeFileSync(path(`bin/${name}`), TOOL, { mode: 0o755 });
    mkdirSync(path('package/usr/bin'), { recursive: true });
    writeFileSync(path('package/usr/bin/busybox'), BUSYBOX);
    execFileSync('tar', ['-cf', path('data.tar'), '-C', path('package'), './usr/bin/busybox']);
  });

  it('are what the package has, or are not there and one line says why', async () => {
    let [failed, fetched] = [0, 0];
    await repeat(async (random, seed) => {
      const cache = path(`cache-${seed}`);
      mkdirSync(cache);
      writeFileSync(path('turn'), '0\n');
      vi.stubEnv('PATH', `${path('bin')}:${process.env['PATH']}`);
      vi.stubEnv('XDG_CACHE_HOME', cache);
      vi.stubEnv('FATES', folder);
      vi.stubEnv('FATE', FATES[random.next() % FATES.length]);
      vi.stubEnv('FATE_AT', String(random.next() % (2 * TURNS)));
      faults.now.start(seed, { errors: random.next() % 2 === 0 ? 20 : Infinity });
      const failure = await fetchGuestFiles(['busybox'], SILENT).then(() => undefined, (error: unknown) => error); // prettier-ignore
      faults.now.stop();
      vi.unstubAllEnvs();
      if (failure === undefined) fetched++; else failed++; // prettier-ignore
      if (failure !== undefined) {
        expect(failure).toBeInstanceOf(GuestUnavailable);
        // eslint-disable-next-line no-control-regex
        expect((failure as Error).message).toMatch(/^[^\x00-\x1f]+[^\x00-\x1f: ]$/);
      }
      vi.stubEnv('XDG_CACHE_HOME', cache);
      const kept = guestFolder()!;
      const names = fs.existsSync(kept) ? fs.readdirSync(kept).sort() : [];
      expect(names.filter((name) => !/^busybox(\.crc32)?$/.test(name))).toEqual([]);
      if (names.includes('busybox')) expect(Buffer.compare(fs.readFileSync(join(kept, 'busybox')), BUSYBOX)).toBe(0);
      if (names.includes('busybox.crc32')) expect(fs.readFileSync(join(kept, 'busybox.crc32'), 'latin1')).toBe(checksumLine(crc32(BUSYBOX)));
      if (failure === undefined) expect(names).toEqual(['busybox', 'busybox.crc32']);
      rmSync(cache, { recursive: true });
    }, () => faults.now.stop()); // prettier-ignore
    expect(Math.min(failed, fetched)).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore
});

/** What is fetched at once of a disk. */
const CHUNK = 256 * 1024;
const IMAGE = new SeededRandom(2).bytes(600_000);

/** What a server answers instead. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse, bytes: Uint8Array, random: SeededRandom) => void>> = {
  'no answer': (response) => response.destroy(),
  'an error': (response) => response.writeHead(503).end('busy'),
  'a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>log in</p>'),
  'all, without its length': (response, bytes) => {
    response.writeHead(response.statusCode, { 'transfer-encoding': 'chunked' });
    response.end(bytes);
  },
  'a part, without its length': (response, bytes, random) => {
    response.writeHead(response.statusCode, { 'transfer-encoding': 'chunked' });
    response.write(bytes.subarray(0, random.next() % (bytes.length + 1)), () => response.destroy());
  },
  'a part': (response, bytes, random) => {
    response.writeHead(response.statusCode, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, random.next() % bytes.length), () => response.destroy());
  },
  'in pieces': (response, bytes, random) => {
    response.writeHead(response.statusCode, { 'content-length': bytes.length });
    const next = (at: number): void => {
      if (at >= bytes.length) return void response.end();
      const end = at + 1 + (random.next() % 100_000);
      response.write(bytes.subarray(at, end), () => setImmediate(next, end));
    };
    next(0);
  },
};
const KINDS = Object.keys(ANSWERS);

describe('an image at a URL, on a server that fails', () => {
  it('is whole, or refused with one line; and a disk is read right as soon as the server can', async () => {
    let random = new SeededRandom(0);
    /** Of so many answers, one is right. */
    let rightOf = 1;
    let [hasRanges, etag] = [true, '"1"'];
    const server = createServer((request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const isRange = hasRanges && from !== undefined;
      const bytes = isRange ? IMAGE.subarray(Number(from), Number(to) + 1) : IMAGE;
      response.setHeader('etag', etag);
      if (isRange) response.setHeader('content-range', `bytes ${from}-${to}/${IMAGE.length}`);
      response.statusCode = isRange ? 206 : 200;
      if (random.next() % rightOf === 0) response.end(bytes);
      else ANSWERS[KINDS[random.next() % KINDS.length]](response, bytes, random);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
    const orRefused = <T>(body: Promise<T>): Promise<T | undefined> =>
      body.catch((error: unknown) => {
        if (!isUserError(error) || error.message.includes('\n')) throw error;
        return undefined;
      });
    let [failed, whole] = [0, 0];
    const note = (bytes: Uint8Array | undefined, expected: Uint8Array): void => {
      if (bytes) expect(Buffer.compare(bytes, expected)).toBe(0);
      if (bytes) whole++; else failed++; // prettier-ignore
    };
    await repeat(async (turn) => {
      random = turn;
      rightOf = 3;
      hasRanges = random.next() % 2 === 0;
      note(await orRefused(readImage('kernel', url)), IMAGE);
      const disk = await orRefused(openRemote('drive', url));
      if (!disk) return;
      for (let reads = 0; reads < 4; reads++) {
        const from = random.next() % IMAGE.length;
        const to = Math.min(IMAGE.length, from + (random.next() % 300_000));
        const read = async (): Promise<Uint8Array> => new Uint8Array(await disk.slice(from, to).arrayBuffer());
        note(await orRefused(read()), IMAGE.subarray(from, to));
        rightOf = 1;
        // Nothing of a failure is kept; but pieces that were asked for with the one that failed may still be on their way.
        const tries = Math.ceil(IMAGE.length / CHUNK) + 1;
        let again: Uint8Array | undefined;
        for (let n = 0; n < tries && !again; n++) again = await orRefused(read());
        expect(again && Buffer.compare(again, IMAGE.subarray(from, to))).toBe(0);
        rightOf = 3;
      }
      etag = `"${random.next()}"`;
    });
    server.closeAllConnections();
    server.close();
    expect(Math.min(failed, whole)).toBeGreaterThan(0);
  }, TIMEOUT); // prettier-ignore
});
