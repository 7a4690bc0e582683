import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debianSource } from './debian.js';

function aptFolder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'wemu-apt-'));
  mkdirSync(join(root, 'sources.list.d'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

describe('debianSource', () => {
  it('reads deb822 sources with their keyring', () => {
    const root = aptFolder({
      'sources.list.d/debian.sources': 'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nSigned-By: /usr/share/keyrings/k.gpg\n',
    });
    expect(debianSource(root)).toEqual({ server: 'http://mirror.example/debian', keyring: '/usr/share/keyrings/k.gpg' });
  });

  it('skips other vendors, disabled stanzas and security suites', () => {
    const root = aptFolder({
      'sources.list.d/a.sources':
        'Types: deb\nURIs: http://other.example\nSuites: nodistro\n\nTypes: deb\nURIs: http://off.example\nSuites: trixie\nEnabled: no\n\n' +
        'Types: deb\nURIs: http://security.example\nSuites: trixie-security\n',
      'sources.list.d/b.sources': 'Types: deb\nURIs: http://good.example\nSuites: trixie\n',
    });
    expect(debianSource(root)?.server).toBe('http://good.example');
  });

  it('reads one-line sources', () => {
    const root = aptFolder({ 'sources.list': '# comment\ndeb [arch=amd64 signed-by=/k.gpg] http://one.example/debian stable main\n' });
    expect(debianSource(root)).toEqual({ server: 'http://one.example/debian', keyring: '/k.gpg' });
  });

  it('finds nothing where nothing is configured', () => {
    expect(debianSource(aptFolder({}))).toBeUndefined();
  });
});
