import { describe, expect, it } from 'vitest';
import { CommandOutput } from './command-output.js';

function run(text: string, chunk: number): { output: string; status: number | undefined; rest: string; requests: number } {
  const output: Uint8Array[] = [];
  let requests = 0;
  const filter = new CommandOutput(
    'n0',
    (bytes) => output.push(bytes),
    () => requests++,
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) filter.write(bytes.subarray(at, at + chunk));
  return { output: Buffer.concat(output).toString(), status: filter.status, rest: filter.unframed(), requests };
}

describe('CommandOutput', () => {
  const session = 'OpenSBI\r\n[wemu-begin n0]\nhello\nwörld\n\n[wemu-end n0 7]\n[ 1.4] reboot: Power down\r\n';

  it.each([1, 2, 7, 1000])('passes only what the command wrote, in chunks of %i', (chunk) => {
    expect(run(session, chunk)).toMatchObject({ output: 'hello\nwörld\n', status: 7 });
  });

  it.each([1, 3, 1000])('takes requests for input out of the output, in chunks of %i', (chunk) => {
    const text = '[wemu-begin n0]\n[wemu-read n0]a[wemu-read n0][wemu-read n1]\n[wemu-end n0 0]\n';
    expect(run(text, chunk)).toMatchObject({ output: 'a[wemu-read n1]', status: 0, requests: 2 });
  });

  it.each([1, 3, 1000])('hears requests of a command whose output goes elsewhere, in chunks of %i', (chunk) => {
    expect(run('OpenSBI\n[wemu-read n0][ 1.4] oops\n', chunk)).toMatchObject({ output: '', requests: 1, rest: 'OpenSBI\n[ 1.4] oops\n' });
  });

  it('forgets what was said before the command, if its output goes elsewhere', () => {
    const filter = new CommandOutput('n0', () => {}, () => {}); // prettier-ignore
    filter.write(Buffer.from('OpenSBI\n'));
    filter.commandBegan();
    filter.write(Buffer.from('[ 1.4] oops\n'));
    expect(filter.unframed()).toBe('[ 1.4] oops\n');
  });

  it.each([1, 1000])('passes the beginning of a marker that never came, when the guest has ended, in chunks of %i', (chunk) => {
    const output: Uint8Array[] = [];
    const filter = new CommandOutput('n0', (bytes) => output.push(bytes), () => {}); // prettier-ignore
    const bytes = Buffer.from('[wemu-begin n0]\nhello\n[wemu-end n0');
    for (let at = 0; at < bytes.length; at += chunk) filter.write(bytes.subarray(at, at + chunk));
    expect(Buffer.concat(output).toString()).toBe('hello');
    filter.finish();
    filter.finish();
    expect(Buffer.concat(output).toString()).toBe('hello\n[wemu-end n0');
    expect(filter.unframed()).toBe('');
  });

  it('is not fooled by markers of another run', () => {
    expect(run('[wemu-begin n0]\n\n[wemu-end n1 0]\nx\n[wemu-end n0 3]\n', 3)).toMatchObject({ output: '\n[wemu-end n1 0]\nx', status: 3 });
  });

  it('keeps what the guest said when the command never ran', () => {
    const { status, rest } = run('Kernel panic - not syncing\n', 5);
    expect(status).toBeUndefined();
    expect(rest).toBe('Kernel panic - not syncing\n');
  });

  it.each([1, 5, 1000])("knows the kernel's last word, before and in the command, in chunks of %i", (chunk) => {
    const filter = (text: string): CommandOutput => {
      const output = new CommandOutput('n0', () => {}, () => {}); // prettier-ignore
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += chunk) output.write(bytes.subarray(at, at + chunk));
      return output;
    };
    const panic = '[    6.6] Kernel panic - not syncing: VFS: no root\r\n[    6.7] Call Trace:\r\n';
    expect(filter(`OpenSBI\r\n${panic}`).panic()).toBe('Kernel panic - not syncing: VFS: no root');
    const inCommand = filter(`OpenSBI\r\n[wemu-begin n0]\n${'x\n'.repeat(5000)}${panic}`);
    expect(inCommand.panic()).toBe('Kernel panic - not syncing: VFS: no root');
    expect(inCommand.unframed()).toBe('');
    expect(filter('OpenSBI\r\n[wemu-begin n0]\n').panic()).toBeUndefined();
  });

  it.each([
    ['boot', ''],
    ['the end', '[wemu-begin n0]\n\n[wemu-end n0 7]\n'],
    ['an end without a status', '[wemu-begin n0]\n\n[wemu-end n0 '],
  ])('keeps little of what comes after %s, and takes as long for it as for what came before', (_, text) => {
    const filter = new CommandOutput('n0', () => {}, () => {}); // prettier-ignore
    filter.write(Buffer.from(text));
    const byte = Uint8Array.of(0x78);
    for (let i = 0; i < 400_000; i++) filter.write(byte); // when it was quadratic: some minutes
    expect(filter.unframed().length).toBeLessThan(200_000);
  });
});
