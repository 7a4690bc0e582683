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

  it('is not fooled by markers of another run', () => {
    expect(run('[wemu-begin n0]\n\n[wemu-end n1 0]\nx\n[wemu-end n0 3]\n', 3)).toMatchObject({ output: '\n[wemu-end n1 0]\nx', status: 3 });
  });

  it('keeps what the guest said when the command never ran', () => {
    const { status, rest } = run('Kernel panic - not syncing\n', 5);
    expect(status).toBeUndefined();
    expect(rest).toBe('Kernel panic - not syncing\n');
  });
});
