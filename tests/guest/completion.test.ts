import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wemu } from '../support/session.js';
import { which } from '../support/tools.js';

const bash = which('bash') !== undefined;
const zsh = which('zsh') !== undefined;

describe('completion', () => {
  it.skipIf(!bash)(`in bash${bash ? '' : ' (skipped: no bash)'}`, () => {
    const lines = {
      'wemu -ser': '-serial',
      'wemu --ser': '--serial',
      'wemu -M ': 'help virt spike none cpiom 40p',
      'wemu -kernel x -device virtio-r': 'virtio-rng-device virtio-rng-pci virtio-rng-pci-non-transitional virtio-rng-pci-transitional',
      'wemu -serial mon:': 'stdio', // the colon ends a word there
      'wemu -monitor st': 'stdio',
      'wemu -cpu sifive-e': 'sifive-e31 sifive-e51',
      'wemu -object rng-r': 'rng-random',
      'wemu -dtb package.js': 'package.json',
      'wemu -append package.js': '',
      'wemu li': 'linux',
      'wemu linux --ap': '--append',
      'wemu linux -ser': '',
      'wemu completion ': 'bash zsh',
    };
    const tries = Object.keys(lines).map((line) => `COMP_LINE='${line}' COMP_POINT=${line.length}; _wemu; echo "\${COMPREPLY[*]}"`);
    const { status, stdout, stderr } = wemu(['completion', 'bash']);
    expect([status, stderr]).toEqual([0, '']);
    const said = spawnSync('bash', ['--norc', '-c', `${stdout}\n${tries.join('\n')}`], { encoding: 'utf8', timeout: 60_000 });
    expect(said.stderr).toBe('');
    expect(said.stdout.trimEnd().split('\n')).toEqual(Object.values(lines));
  });

  it.skipIf(!zsh)(`in zsh${zsh ? '' : ' (skipped: no zsh)'}`, () => {
    const { status, stdout } = wemu(['completion', 'zsh']);
    expect(status).toBe(0);
    expect(spawnSync('zsh', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const folder = mkdtempSync(join(tmpdir(), 'wemu-completion-'));
    const script = join(folder, '_wemu');
    writeFileSync(script, stdout);
    const session = `zmodload zsh/zpty; zpty z zsh -f -i
      zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; source ${script}"
      zpty -w -n z "wemu -seri"$'\\t'" mon"$'\\t'" -M vi"$'\\t'" -dtb package.js"$'\\t'
      for i in {1..100}; do
        while zpty -r -t z piece; do said+=$piece; done
        [[ $said == *package.json* ]] && break
        sleep 0.1
      done
      print -r -- $said; zpty -d z`;
    const said = spawnSync('zsh', ['-f', '-c', session], { encoding: 'utf8', timeout: 60_000 }).stdout;
    rmSync(folder, { recursive: true });
    // eslint-disable-next-line no-control-regex -- what moves the cursor
    expect(said.replace(/\x1b\[[\d;?]*[A-Za-z]|\x08/g, '').replace(/ +/g, ' ')).toContain('-serial mon:stdio -M virt -dtb package.json');
  });

  it('of other shells is refused', () => {
    const { status, stderr } = wemu(['completion', 'fish']);
    expect([status, stderr]).toEqual([1, "wemu: completion: unknown shell 'fish' (expected bash or zsh)\n"]);
  });
});
