/** A project that uses wemu as it is published: `npm pack` made the package, and it was installed with what it depends on, without the registry. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Paths of all packages that come along with wemu, `node_modules/...`, by the lock file. */
export function dependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path);
}

export class Consumer {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'wemu-consumer-')));
  /** What the package has, relative to it. */
  readonly files: readonly string[];

  /** `also`: packages that the project has of its own. */
  constructor(also: readonly string[] = []) {
    const options = { cwd: ROOT, encoding: 'utf8' as const };
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder], options);
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    this.files = files.map(({ path }) => path);
    const wemu = join(this.folder, 'node_modules/wemu');
    mkdirSync(wemu, { recursive: true });
    execFileSync('tar', ['xzf', join(this.folder, filename), '-C', wemu, '--strip-components=1']);
    for (const path of [...dependencies(), ...also.map((name) => `node_modules/${name}`)]) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      symlinkSync(join(ROOT, path), join(this.folder, path));
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }
  /** As it is called from the project. */
  relative(path: string): string {
    return relative(this.folder, path);
  }
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
