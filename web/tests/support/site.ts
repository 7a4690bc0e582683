/** The built page on a server of this process. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SITE = fileURLToPath(new URL('../../../dist-web/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

export interface Site {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  /** Ranges that were asked for, by path. */
  readonly ranges: readonly string[];
  close(): void;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * `isolated`: with the headers that shared memory needs; a static host that sends none is the other kind. `more`: paths that are not in the site. `over`: a folder whose files
 * come before the site's.
 */
export async function serve({ isolated = true, more = {} as Readonly<Record<string, string>>, over = SITE } = {}): Promise<Site> {
  const requests: string[] = [];
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    requests.push(pathname);
    const file = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    const path = [more[pathname], join(over, file), join(SITE, file)].find((each) => each !== undefined && isFile(each));
    if (path === undefined) return void response.writeHead(404, isolated ? ISOLATION : {}).end('there is no such file');
    const { size } = statSync(path);
    const headers = {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      ...(isolated && ISOLATION),
      'cache-control': 'no-cache',
    };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined) {
      response.writeHead(200, { ...headers, 'content-length': size });
      return void (request.method === 'HEAD' ? response.end() : createReadStream(path).pipe(response));
    }
    ranges.push(`${pathname} ${from}-${to}`);
    const [start, end] = [Number(from), Math.min(to ? Number(to) : size - 1, size - 1)];
    response.writeHead(206, { ...headers, 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` });
    createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    ranges,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
