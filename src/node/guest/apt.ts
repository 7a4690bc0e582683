/**
 * Debian's package client with a private configuration: own lists and cache, this machine's own server and keyring, so apt itself verifies signatures and
 * checksums and nothing of the system's package state is touched.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { printable } from '../../util/text.js';
import { GUEST_ARCHITECTURE } from './architecture.js';
import { isOwnFolder, isRefusal, makeFolder } from '../disk/files.js';

export const SUITE = 'trixie';

/** Of which packages are fetched. */
export interface PackageSource {
  readonly suite: string;
  readonly architecture: string;
}
const GUEST_SOURCE: PackageSource = { suite: SUITE, architecture: GUEST_ARCHITECTURE };

/** Why the guest cannot be had here: one line for the user. */
export class GuestUnavailable extends Error {
  override name = 'GuestUnavailable';
}

export interface FetchProgress {
  start(what: string): void;
  /** Percent done of the current step. */
  update(percent: number): void;
  stop(): void;
}

/** The server and keyring that this machine's own apt uses for Debian, from deb822 or one-line sources. */
export function debianSource(root = '/etc/apt'): { server: string; keyring?: string } | undefined {
  const files = [join(root, 'sources.list')];
  const parts = join(root, 'sources.list.d');
  if (existsSync(parts))
    files.push(
      ...readdirSync(parts)
        .sort()
        .map((name) => join(parts, name)),
    );
  for (const path of files.filter((name) => existsSync(name) && /\.(list|sources)$/.test(name))) {
    const text = readFileSync(path, 'utf8');
    const found = path.endsWith('.sources') ? fromDeb822(text) : fromOneLine(text);
    if (found) return found;
  }
  return undefined;
}

function fromDeb822(text: string): { server: string; keyring?: string } | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string): string | undefined => stanza.match(new RegExp(`^${name}:[ \\t]*(.+)$`, 'mi'))?.[1].trim();
    const server = field('URIs')?.split(/\s+/)[0];
    if (!server || !isDebian(field('Suites')) || /^no$/i.test(field('Enabled') ?? '')) continue;
    const keyring = field('Signed-By');
    return { server, keyring: keyring?.startsWith('/') ? keyring : undefined };
  }
  return undefined;
}

function fromOneLine(text: string): { server: string; keyring?: string } | undefined {
  for (const line of text.split('\n')) {
    const match = line.match(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/);
    if (match && isDebian(match[3])) return { server: match[2], keyring: match[1]?.match(/signed-by=(\/\S+)/)?.[1] };
  }
  return undefined;
}

/** A release's own suite: not its -security or -updates, and not some other vendor's. */
function isDebian(suites: string | undefined): boolean {
  return (suites ?? '')
    .split(/\s+/)
    .some((suite) => /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$/.test(suite));
}

/**
 * Runs `body` with a private folder below `folder` and apt's configuration for it, the package lists being there. It and what is in it is gone afterwards.
 * `tools`: what `body` needs of this machine beside Debian's own. @throws GuestUnavailable
 */
export async function withApt(
  folder: string | undefined,
  tools: readonly string[],
  progress: FetchProgress,
  body: (work: string, config: string) => Promise<void>,
  packages = GUEST_SOURCE,
): Promise<void> {
  for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb', ...tools]) {
    if (!onPath(tool)) throw new GuestUnavailable(`Debian's ${tool} is not on this machine`);
  }
  if (folder === undefined) throw new GuestUnavailable('this user has no home folder to keep it in (XDG_CACHE_HOME may name another)');
  let work: string | undefined;
  try {
    makeFolder(folder);
    isOwnFolder(folder);
    // A private folder a process: two first runs at once do not meet.
    work = mkdtempSync(join(folder, '.apt-'));
    const config = writeAptConfig(work, packages);
    progress.start('Debian package lists');
    await apt(config, work, ['-o', 'APT::Update::Error-Mode=any', 'update'], progress);
    await body(work, config);
  } catch (error) {
    throw isRefusal(error) ? new GuestUnavailable(error.message) : error;
  } finally {
    progress.stop();
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  }
}

function writeAptConfig(work: string, { suite, architecture }: PackageSource): string {
  const source = debianSource();
  if (!source) throw new GuestUnavailable('no Debian package source is configured on this machine');
  for (const path of ['lists/partial', 'cache/archives/partial', 'parts']) mkdirSync(join(work, path), { recursive: true });
  writeFileSync(join(work, 'status'), '');
  const options = source.keyring ? `[signed-by=${source.keyring}] ` : '';
  writeFileSync(join(work, 'sources.list'), `deb ${options}${source.server} ${suite} main\n`);
  const config = join(work, 'apt.conf');
  writeFileSync(
    config,
    `Dir::State::lists "${work}/lists";
Dir::State::status "${work}/status";
Dir::Cache "${work}/cache";
Dir::Etc::sourcelist "${work}/sources.list";
Dir::Etc::sourceparts "${work}/parts";
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
`,
  );
  return config;
}

export async function apt(config: string, work: string, args: string[], progress: FetchProgress): Promise<void> {
  const ended = await run('apt-get', ['-q', '-o', 'APT::Status-Fd=3', ...args], {
    config,
    cwd: work,
    // dlstatus:<item>:<percent>:<text>, once per change
    onStatus: (line) => {
      const percent = line.match(/^dlstatus:\d+:([\d.]+):/)?.[1];
      if (percent) progress.update(Number(percent));
    },
  });
  if (ended.status !== 0) throw new GuestUnavailable(firstLine(ended.errors, /^[EW]:\s*(?=\S)/) ?? `apt-get ${howItEnded(ended)}`);
}

export async function must(command: string, args: string[], cwd: string, output?: string): Promise<void> {
  mustHaveEnded(command, await run(command, args, { cwd, stdoutFile: output }));
}

/** @throws GuestUnavailable if it did not end well */
export function mustHaveEnded(command: string, ended: Ended): void {
  if (ended.status === 0) return;
  const reason = firstLine(ended.errors, /^(?=.*\S)/);
  throw new GuestUnavailable(reason === undefined ? `${command} ${howItEnded(ended)}` : `${command} failed: ${reason}`);
}

/** Of what a program has said: the first line that begins so, without that; undefined: there is none. */
function firstLine(text: string, start: RegExp): string | undefined {
  const line = text.split(/\r?\n/).find((each) => start.test(each));
  return line && printable(line.replace(start, '').trim());
}
const howItEnded = ({ status }: Ended): string => (typeof status === 'number' ? `ended with status ${status}` : `was killed by ${status}`);

export function onPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, tool)));
}

interface RunOptions {
  readonly config?: string;
  readonly cwd: string;
  readonly onStatus?: (line: string) => void;
  readonly stdoutFile?: string;
}

/** What a program came to. */
interface Ended {
  /** Or the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly output: string;
  readonly errors: string;
}

export async function run(command: string, args: string[], options: RunOptions): Promise<Ended> {
  const out = options.stdoutFile ? openSync(options.stdoutFile, 'w') : 'pipe';
  const env = { ...process.env, LC_ALL: 'C', ...(options.config ? { APT_CONFIG: options.config } : {}) };
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', out, 'pipe', 'pipe'] });
      let output = '',
        errors = '',
        status = '';
      child.stdout?.on('data', (chunk) => (output += chunk));
      child.stderr!.on('data', (chunk) => (errors += chunk));
      child.stdio[3]!.on('data', (chunk) => {
        const lines = (status + chunk).split('\n');
        status = lines.pop()!;
        lines.forEach((line) => options.onStatus?.(line));
      });
      child.on('error', (error) => reject(new GuestUnavailable(`${command}: ${error.message}`)));
      child.on('close', (code, signal) => resolve({ status: code ?? signal!, output, errors }));
    });
  } finally {
    if (typeof out === 'number') closeSync(out);
  }
}
