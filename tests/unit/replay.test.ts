/** Runs that are recorded and replayed: the same to the instruction, whatever engine, and nothing that does not fit. */
import { beforeAll, describe, expect, it } from 'vitest';
import { machineDigest } from '../../src/migration/snapshot.js';
import { createNodeHost, type NodeHost } from '../../src/node/host.js';
import type { MachineOptions } from '../../src/system/facade.js';
import { ReplayError } from '../../src/util/errors.js';
import { echoMachine, LogFiles, recording, replaying, type, typed, type Run } from '../support/replay.js';

const TEXT = 'hello, world q';
let tci: NodeHost;
let files: LogFiles;
let recorded: { output: string; instructions: number; digest: number };

const state = ({ machine, output }: Run) => ({
  output: output(),
  instructions: machine.state.clocks.instructionCount,
  digest: machineDigest(machine.state),
});

async function replay(options: Partial<MachineOptions> = {}, host = tci): Promise<Run> {
  const run = echoMachine(files.host(host), { ...replaying(), ...options });
  await run.machine.run();
  return run;
}
/** With a byte of the log changed, or only so much of it. */
async function replayOf(bytes: Uint8Array): Promise<Run> {
  files.files.set('other', bytes);
  return replay(replaying('other'));
}
const log = (): Uint8Array => files.files.get('log')!.slice();

beforeAll(async () => {
  tci = await createNodeHost({ backend: 'tci' });
  files = new LogFiles();
  const run = echoMachine(files.host(tci), recording());
  await typed(run, TEXT);
  recorded = state(run);
  await run.machine.close();
});

describe('a recorded run', () => {
  it('has heard what was typed', () => {
    expect(recorded.output).toMatch(/^h...e...l...l...o.*q...$/s);
    expect(new TextDecoder('latin1').decode(log())).toMatch(/^wemuplay/);
  });

  it('repeats: output, instructions, memory and devices, three times', async () => {
    for (let n = 0; n < 3; n++) {
      const run = await replay();
      expect(state(run)).toEqual(recorded);
      expect(run.log()).toMatch(/^wemu: replay: the guest has ended it \(guest-shutdown\), after \d+ instructions\n$/);
      await run.machine.close();
    }
  });

  it('repeats in generated code, and hears nothing of what is typed meanwhile', async () => {
    const host = await createNodeHost({ sync: true, hotThreshold: 4 });
    const run = echoMachine(files.host(host), replaying());
    await typed(run, 'qqq');
    expect(state(run)).toEqual(recorded);
    await run.machine.close();
    host.close();
  });

  it('records in generated code, with two harts, what repeats in tci', async () => {
    const host = await createNodeHost({ sync: true, hotThreshold: 4 });
    const first = echoMachine(files.host(host), { ...recording('smp'), smp: 2 });
    await typed(first, 'some text q');
    const expected = state(first);
    await first.machine.close();
    host.close();
    const run = await replay({ ...replaying('smp'), smp: 2 });
    expect(state(run)).toEqual(expected);
    await run.machine.close();
  });

  it.each([
    ['auto', { auto: true, shift: 3 }],
    ['sleep=on', { sleep: true }],
  ])('repeats with %s', async (_, more) => {
    const first = echoMachine(files.host(tci), recording('paced', more));
    await typed(first, 'abc q');
    const expected = state(first);
    await first.machine.close();
    const run = await replay(replaying('paced', more));
    expect(state(run)).toEqual(expected);
    await run.machine.close();
  });

  it('that was ended from outside ends there', async () => {
    const first = echoMachine(files.host(tci), recording('quit'));
    const ran = first.machine.run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.machine.quit();
    await ran;
    const expected = state(first);
    await first.machine.close();
    const run = await replay(replaying('quit'));
    expect(state(run)).toEqual(expected);
    expect(run.log()).toContain('replay: it was ended (host-qmp-quit), after');
    await run.machine.close();
  });

  it('that was reset from outside, too', async () => {
    const first = echoMachine(files.host(tci), recording('reset'));
    const ran = typed(first, 'ab');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await first.machine.control.reset();
    await type(first.serial, 'cq');
    await ran;
    const expected = state(first);
    await first.machine.close();
    const run = await replay(replaying('reset'));
    expect(state(run)).toEqual(expected);
    await run.machine.close();
  });

  it('begins with a snapshot of its own, if it is to', async () => {
    const { MemorySnapshotStore } = await import('../../src/migration/store.js');
    const snapshots = new MemorySnapshotStore();
    const first = echoMachine(files.host(tci), { ...recording('snap', { rrsnapshot: 'begin' }), snapshots });
    await typed(first, 'abq');
    const expected = state(first);
    await first.machine.close();
    expect(snapshots.names()).toEqual(['begin']);
    const run = await replay({ ...replaying('snap', { rrsnapshot: 'begin' }), snapshots });
    expect(state(run)).toEqual(expected);
    await run.machine.close();
  });
});

describe('a log', () => {
  it.each([
    [
      'another amount of memory',
      { memory: '8M' },
      /^-icount rrfile=log: the log does not fit: m: it was recorded with '4194304', this machine has '8388608'$/,
    ],
    ['another CPU', { cpu: 'rv64' }, /cpu: it was recorded with 'rv64,zkr=on', this machine has 'rv64'$/],
    ['another shift', replaying('log', { shift: 3 }), /icount: it was recorded with '2', this machine has '3'$/],
    ['another device', { devices: ['virtio-rng-device'] }, /device: it was recorded with none, this machine has 'virtio-rng-device'$/],
    ['another image', { bios: Uint8Array.of(0x6f, 0, 0, 0) }, /^the log does not fit: images, disks or devices are not those/],
    ['no such file', replaying('none'), /^-icount rrfile=none: No such file or directory$/],
  ])('that does not fit is refused: %s', async (_, options, message) => {
    await expect(replay(options)).rejects.toThrow(message);
  });

  it('of another version of wemu is refused', async () => {
    const run = async () => echoMachine({ ...files.host(tci), version: '0.0.0' }, replaying());
    await expect(run()).rejects.toThrow(/it was recorded by wemu \d.*, this is 0\.0\.0$/);
  });

  it('that is damaged at any byte is refused', async () => {
    const whole = log();
    const step = Math.max(1, Math.floor(whole.length / 300));
    for (let at = 0; at < whole.length; at += step) {
      const bytes = whole.slice();
      bytes[at] ^= 1 << (at % 8);
      await expect(replayOf(bytes), `byte ${at}`).rejects.toThrow(ReplayError);
    }
  });

  it('that was cut anywhere replays as far as it goes, with the same output', async () => {
    const whole = log();
    let longest = 0;
    for (let length = whole.length - 1; length > 0; length -= Math.ceil(whole.length / 40)) {
      let run: Run;
      try {
        run = await replayOf(whole.slice(0, length));
      } catch (error) {
        expect(String(error), `${length} bytes`).toMatch(/too short|ends in its head|before the machine has begun/);
        continue;
      }
      expect(recorded.output.startsWith(run.output()), `${length} bytes: ${run.output()}`).toBe(true);
      longest = Math.max(longest, run.output().length);
      expect(run.log()).toMatch(/replay: the (log was cut short|guest has ended it)/);
      await run.machine.close();
    }
    expect(longest).toBeGreaterThan(recorded.output.length - 9);
  });

  it('that cannot be written ends the run', async () => {
    const full = new LogFiles();
    full.most = 1000;
    const run = echoMachine(full.host(tci), recording());
    await expect(typed(run, 'x'.repeat(200))).rejects.toThrow(/^cannot write the log 'log': No space left on device$/);
    await run.machine.close();
  });
});

describe('while it is recorded or replayed', () => {
  it('nothing changes the guest from outside', async () => {
    const run = echoMachine(files.host(tci), { ...recording('touched') });
    const ran = run.machine.run();
    await run.machine.pause();
    const { control } = run.machine;
    const refused = /is not possible while a run is recorded$/;
    expect(() => run.machine.writeRegister('a0', 1n)).toThrow(refused);
    expect(() => run.machine.writePhysical(0x8000_0000, Uint8Array.of(1))).toThrow(refused);
    expect(() => control.addDevice({ driver: 'virtio-rng-device' })).toThrow(refused);
    expect(() => control.setActions({ reboot: 'shutdown' })).toThrow(refused);
    await expect(run.machine.load(new Uint8Array(0))).rejects.toThrow(refused);
    expect(run.machine.readPhysical(0x8000_0000, 4)).toEqual(Uint8Array.of(0x37, 4, 0, 0x10));
    expect(() => run.machine.readPhysical(0x1000_0000, 1)).toThrow(RangeError); // a device
    expect(control.replayInfo).toEqual({ mode: 'record', filename: 'touched', icount: run.machine.state.clocks.instructionCount });
    run.machine.quit();
    await ran;
    await run.machine.close();
  });
});

describe('back and forth', () => {
  /** A replay that stands at its end, and what it was there. */
  async function atEnd(): Promise<Run & { ran: Promise<unknown> }> {
    const run = echoMachine(files.host(tci), { ...replaying(), startPaused: true });
    const ran = run.machine.run();
    return { ...run, ran };
  }

  it('seeks any count of instructions, and finds the same state there', async () => {
    const run = await atEnd();
    const { control, state: machine } = run.machine;
    const seen = new Map<number, number>();
    const counts = [1, 0.2, 0.9, 0.5, 0.1, 0.9, 0.2, 0.5, 0.1].map((part) => Math.floor((recorded.instructions - 20) * part));
    for (const count of counts) {
      await control.replaySeek(count);
      expect(machine.clocks.instructionCount).toBe(count);
      const digest = machineDigest(machine);
      expect(seen.get(count) ?? digest, `${count} instructions`).toBe(digest);
      seen.set(count, digest);
    }
    run.machine.resume();
    await run.ran;
    expect(state(run)).toEqual(recorded);
    await run.machine.close();
  });

  it('breaks where it is asked to', async () => {
    const run = await atEnd();
    const { control } = run.machine;
    control.replayBreak(50);
    const stopped = new Promise((resolve) => run.machine.state.onStop(resolve));
    run.machine.resume();
    expect(await stopped).toBe('paused');
    expect(control.replayInfo).toEqual({ mode: 'play', filename: 'log', icount: 50 });
    expect(() => control.replayBreak(49)).toThrow('cannot set breakpoint at the instruction in the past');
    run.machine.quit();
    await run.ran;
    await run.machine.close();
  });

  it('steps back, an instruction at a time, and goes back to a breakpoint', async () => {
    const run = await atEnd();
    const { control } = run.machine;
    const travel = control.travel!;
    const middle = Math.floor(recorded.instructions / 2);
    await control.replaySeek(middle);
    const pcs: bigint[] = [];
    for (let n = 0; n < 10; n++) {
      pcs.push(run.machine.readRegister('pc'));
      expect(await travel.reverseStep()).toEqual({ isBeginning: false });
      expect(run.machine.state.clocks.instructionCount).toBe(middle - 1 - n);
    }
    // forward again
    for (let n = 9; n >= 0; n--) {
      await control.replaySeek(middle - n);
      expect(run.machine.readRegister('pc')).toBe(pcs[n]);
    }
    // the line that prints: the last time before the end, and the one before that
    const SB = 0x8000_001cn;
    await control.replaySeek(recorded.instructions - 8);
    control.points.insert({ kind: 'breakpoint', address: SB, length: 4n });
    const typedSoFar: number[] = [];
    for (let n = 0; n < 3; n++) {
      expect(await travel.reverseContinue()).toMatchObject({ isBeginning: false });
      expect(run.machine.readRegister('pc')).toBe(SB);
      typedSoFar.push(Number(run.machine.readRegister('t1')));
    }
    expect(String.fromCharCode(...typedSoFar)).toBe('q d');
    control.points.removeAll();
    expect(await travel.reverseContinue()).toMatchObject({ isBeginning: true });
    expect(run.machine.state.clocks.instructionCount).toBe(0);
    run.machine.resume();
    await run.ran;
    expect(state(run)).toEqual(recorded);
    await run.machine.close();
  });
});
