/** Images, wherever a page has them: at a URL, in a file of the user's, in a file of the site's own, or in memory. */
import type { BlobLike } from '../block/memory.js';
import { errorMessage, OptionError } from '../util/errors.js';
import { formatSize, GiB, MiB } from '../util/size.js';
import { openFolder } from './opfs.js';

/** Where an image is. `opfs`: the name of a file of this site's own, in its folder `images`. */
export type ImageSource = string | URL | Blob | Uint8Array | ArrayBuffer | { readonly opfs: string };

/** `loaded` and `total` in bytes; total 0: not known. */
export type ImageProgress = (loaded: number, total: number) => void;

export const IMAGE_FOLDER = 'images';
/** What an image may have: more than a guest's RAM, since an ELF file may bring what debuggers want. */
const IMAGE_LIMIT = GiB;

export const isUrl = (source: ImageSource): source is string | URL => typeof source === 'string' || source instanceof URL;
export const isOpfs = (source: ImageSource): source is { readonly opfs: string } =>
  typeof source === 'object' && 'opfs' in source && typeof source.opfs === 'string';

/** All of it. @throws OptionError */
export async function readImage(what: string, source: ImageSource, progress: ImageProgress = () => {}): Promise<Uint8Array> {
  if (isUrl(source)) return download(what, source, progress);
  if (source instanceof Blob) return readBlob(what, source, progress);
  if (isOpfs(source)) return readBlob(what, await opfsFile(what, source.opfs), progress);
  return new Uint8Array(
    source instanceof ArrayBuffer ? source : source.buffer,
    ...(source instanceof ArrayBuffer ? [] : [source.byteOffset, source.byteLength]),
  );
}

/** A file of this site's own, as it is now. @throws OptionError if there is none */
async function opfsFile(what: string, name: string): Promise<File> {
  const file = await (await openFolder(IMAGE_FOLDER)).file(name);
  if (!file) throw new OptionError(`this site keeps no file '${name}'`, what);
  return file;
}

async function readBlob(what: string, blob: Blob, progress: ImageProgress): Promise<Uint8Array> {
  checkSize(what, blob.size);
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    progress(bytes.length, bytes.length);
    return bytes;
  } catch (error) {
    throw new OptionError(`cannot read ${blob instanceof File ? `'${blob.name}'` : 'it'}: ${errorMessage(error)}`, what);
  }
}

function checkSize(what: string, size: number): void {
  if (size > IMAGE_LIMIT) throw new OptionError(`it has ${formatSize(size)}, the limit is ${formatSize(IMAGE_LIMIT)}`, what);
}

async function download(what: string, url: string | URL, progress: ImageProgress): Promise<Uint8Array> {
  const response = await request(what, url);
  // Compressed on its way: then this is not the size that comes out.
  const total = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  checkSize(what, total);
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  try {
    for (const reader = response.body?.getReader(); reader;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      loaded += value.length;
      checkSize(what, loaded);
      progress(loaded, total);
    }
  } catch (error) {
    throw brokeOff(what, url, error);
  }
  if (loaded < total) throw new OptionError(`the download of '${url}' broke off: ${loaded} of ${total} bytes came`, what);
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const brokeOff = (what: string, url: string | URL, error: unknown): OptionError =>
  error instanceof OptionError ? error : new OptionError(`the download of '${url}' broke off: ${errorMessage(error)}`, what);

/** @throws OptionError unless the answer is what was asked for, and no page that says otherwise */
async function request(what: string, url: string | URL, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new OptionError(`cannot fetch '${url}': ${errorMessage(error)}`, what);
  }
  if (!response.ok) throw new OptionError(`cannot fetch '${url}': ${response.status} ${response.statusText}`.trimEnd(), what);
  if (/^text\/html/.test(response.headers.get('content-type') ?? ''))
    throw new OptionError(`'${url}' is a page (text/html), and no image`, what);
  return response;
}

/** Of a remote disk, what is fetched at once, and kept at most; the guest's own cache is on top. */
const CHUNK = 256 * 1024;
const MOST_CHUNKS = (32 * MiB) / CHUNK;

/** A disk at a URL: only what the guest reads is fetched, if the server serves ranges; else all of it, now. @throws OptionError */
export async function openRemote(what: string, url: string | URL, progress?: ImageProgress): Promise<BlobLike> {
  const response = await request(what, url, { headers: { range: 'bytes=0-0' } });
  const [, total] = /^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  await response.body?.cancel().catch(() => {}); // nobody wants it
  if (response.status === 206 && total !== undefined) return new RemoteBlob(url, Number(total), response.headers.get('etag'));
  return new Blob([(await download(what, url, progress ?? (() => {}))) as Uint8Array<ArrayBuffer>]);
}

class RemoteBlob implements BlobLike {
  /** By number, those used last at the end. */
  private readonly chunks = new Map<number, Promise<ArrayBuffer>>();

  constructor(
    private readonly url: string | URL,
    readonly size: number,
    private readonly etag: string | null,
  ) {}

  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> } {
    return { arrayBuffer: () => this.read(start, Math.min(end, this.size)) };
  }

  private async read(start: number, end: number): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(Math.max(0, end - start));
    const wanted: Promise<void>[] = [];
    for (let n = Math.floor(start / CHUNK); n * CHUNK < end; n++) {
      const copy = async (): Promise<void> => {
        const chunk = new Uint8Array(await this.chunk(n));
        const from = Math.max(0, start - n * CHUNK);
        bytes.set(chunk.subarray(from, end - n * CHUNK), n * CHUNK + from - start);
      };
      wanted.push(copy());
    }
    await Promise.all(wanted);
    return bytes.buffer;
  }

  private chunk(n: number): Promise<ArrayBuffer> {
    const found = this.chunks.get(n);
    this.chunks.delete(n);
    const chunk = found ?? this.fetch(n);
    this.chunks.set(n, chunk);
    if (this.chunks.size > MOST_CHUNKS) this.chunks.delete(this.chunks.keys().next().value!);
    return chunk;
  }

  private async fetch(n: number): Promise<ArrayBuffer> {
    const last = Math.min((n + 1) * CHUNK, this.size) - 1;
    try {
      const response = await request('drive', this.url, { headers: { range: `bytes=${n * CHUNK}-${last}` } });
      if (response.status !== 206 || response.headers.get('etag') !== this.etag)
        throw new OptionError(`'${this.url}' has changed`, 'drive');
      const bytes = await response.arrayBuffer();
      if (bytes.byteLength !== last + 1 - n * CHUNK) throw new OptionError(`'${this.url}' came cut short`, 'drive');
      return bytes;
    } catch (error) {
      this.chunks.delete(n); // another try may go better
      throw brokeOff('drive', this.url, error);
    }
  }
}
