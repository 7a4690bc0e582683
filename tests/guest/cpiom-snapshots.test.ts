/**
 * Each of the CPIOM firmware's own tests, and its partitions, saved in the middle and loaded in a new process: there they end as where nothing had been, in tci
 * and with code generated for everything. `WEMU_CPIOM_POINTS=9` saves at so many points of each.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineDigest } from '../../src/migration/snapshot.js';
import type { NodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { runUntil, snapshotOf, tciHost } from '../support/snapshots.js';

const RESUME = fileURLToPath(new URL('../support/resume.mjs', import.meta.url));
const FIRMWARE = fileURLToPath(new URL('../../guests/cpiom.bin', import.meta.url));
const POINTS = Number(process.env.WEMU_CPIOM_POINTS ?? 1);
/** Runs repeat. */
const OPTIONS = { machine: 'cpiom', icount: 'shift=3', rtcBaseMs: 0 } as const;
const MINUTES = 60_000;
/** Nanoseconds by which what is typed at the prompt may come later than where the times were taken, with room to spare. */
const LATER = 20e6;

/** From the first line on, one after the other: what the board says when it is over. Partitions are asked for when the prompt is there. */
const PARTS = [
  ['start', /^CPIOM: .*$/m],
  ['tick', /^ {2}tick .* ok/m],
  ['edc', /^ {2}edc .* ok/m],
  ['protect', /^ {2}protect .* ok/m],
  ['bus', /^ {2}bus .* ok/m],
  ['flash', /^ {2}flash .* ok/m],
  ['dma', /^ {2}dma .* ok/m],
  ['prompt', /cpiom> $/],
  ['partitions', /partition 1: done[^]*cpiom> $/],
] as const;
const NAMES = PARTS.map(([name]) => name).filter((name) => name !== 'start' && name !== 'prompt');

interface End {
  readonly reason: string;
  readonly digest: number;
  readonly clock: string;
  /** From the snapshot on. */
  readonly console: string;
}
interface Point {
  readonly name: string;
  /** The snapshot, and the guest time at which the part is over. */
  readonly saved: string;
  readonly end: End;
}

const folder = mkdtempSync(join(tmpdir(), 'wemu-cpiom-snapshots-'));
let host: NodeHost;
afterAll(() => {
  host.close();
  rmSync(folder, { recursive: true });
});

/** The board, what it has said, and when it had said something. */
function board(heard: (said: string, machine: Machine) => void = () => {}) {
  const said = { text: '' };
  const machine: Machine = Machine.create(
    {
      ...OPTIONS,
      bios: readFileSync(FIRMWARE),
      serial: (bytes) => {
        said.text += Buffer.from(bytes).toString('latin1');
        heard(said.text, machine);
      },
    },
    host,
  );
  return { machine, said };
}

/** When each part is over, in nanoseconds of guest time. */
async function times(): Promise<number[]> {
  const over: number[] = [];
  const { machine } = board((said, self) => {
    if (!PARTS[over.length]?.[1].test(said)) return;
    over.push(Number(self.state.clocks.virtualNow));
    if (over.length === PARTS.length) void self.stop();
    else if (PARTS[over.length][0] === 'partitions') self.writeSerial('run\r');
  });
  await machine.run();
  await machine.close();
  return over;
}

/** One machine goes through all parts; `saved` is as it was in the middle of each. */
async function save(): Promise<Point[]> {
  const over = await times();
  const points: Point[] = [];
  const { machine, said } = board();
  for (const [n, [name]] of PARTS.entries()) {
    if (name === 'partitions') machine.writeSerial('run\r');
    const files: { file: string; at: number }[] = [];
    for (let k = 1; NAMES.includes(name as never) && k <= POINTS; k++) {
      await runUntil(machine, over[n - 1] + Math.floor(((over[n] - over[n - 1]) * k) / (POINTS + 1)));
      const file = join(folder, `${name}-${k}`);
      writeFileSync(file, await snapshotOf(machine));
      files.push({ file, at: said.text.length });
    }
    over[n] += name === 'partitions' ? LATER : 2000;
    await runUntil(machine, over[n]);
    const end = { reason: 'stopped', digest: machineDigest(machine.state), clock: String(machine.state.clocks.virtualNow) };
    points.push(...files.map(({ file, at }) => ({ name, saved: `${file}@${over[n]}`, end: { ...end, console: said.text.slice(at) } })));
  }
  await machine.close();
  return points;
}

describe('the firmware of a CPIOM, saved in the middle of', () => {
  let points: Point[];
  const resumed: Partial<Record<string, End[]>> = {};
  beforeAll(async () => {
    host = await tciHost();
    points = await save();
  }, 5 * MINUTES);

  describe.each([
    ['tci', {}],
    ['wasm', { hotThreshold: 1 }],
  ] as const)('%s', (backend, more) => {
    beforeAll(() => {
      const options = JSON.stringify({ ...OPTIONS, images: { bios: FIRMWARE }, ...more });
      resumed[backend] = JSON.parse(
        execFileSync(process.execPath, [RESUME, options, backend, ...points.map(({ saved }) => saved)], { encoding: 'utf8' }),
      ) as End[];
    }, 5 * MINUTES);

    it.each(NAMES)('%s, ends alike in a new process', (name) => {
      points.forEach((point, n) => {
        if (point.name !== name) return;
        expect(point.end.console).toMatch(name === 'partitions' ? /partition 1: done/ : / ok/);
        expect(resumed[backend]![n], point.saved).toEqual(point.end);
      });
    });
  });
});
