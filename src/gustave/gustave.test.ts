/** The harness, in every tier: how runs end, that they repeat, and that a reset leaves nothing behind. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { machineDigest } from '../migration/snapshot.js';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../node/host.js';
import { Machine, type MachineOptions } from '../system/facade.js';
import { mutate } from '../util/mutate.js';
import { SeededRandom } from '../util/random.js';
import { Campaign, type Finding } from './campaign.js';
import type { GustaveConfig } from './config.js';
import { GustaveDriver } from './driver.js';
import { SeenEdges } from './edges.js';
import { Gustave } from './gustave.js';

/** More of them, elsewhere. */
/** And all tiers of all targets. */
const IS_LONG = process.env['WEMU_GUSTAVE_RESETS'] !== undefined;
const RESETS = Number(process.env['WEMU_GUSTAVE_RESETS'] ?? 2000);

const TIERS = {
  tci: { backend: 'tci' },
  'what is hot': { backend: 'wasm', sync: true, hotThreshold: 256 },
  'all generated': { backend: 'wasm', sync: true, hotThreshold: 1 },
} as const satisfies Record<string, NodeHostOptions>;
const FIRST: NodeHostOptions = TIERS.tci;
const MINUTE = 60_000;

const read = (name: string): Uint8Array => readFileSync(new URL(`../../${name}`, import.meta.url));
const json = (name: string): GustaveConfig => JSON.parse(new TextDecoder().decode(read(`examples/gustave/${name}.json`))) as GustaveConfig;
const MESSAGE = read('examples/gustave/seeds/message');
const text = (line: string): Uint8Array => new TextEncoder().encode(line);

interface Target {
  readonly config: GustaveConfig;
  readonly machine: MachineOptions;
  readonly seeds: readonly Uint8Array[];
}
const TARGETS: Record<string, Target> = {
  virt: {
    config: json('virt'),
    machine: { machine: 'virt', memory: '16M', bios: 'none', kernel: read('guests/gustave.elf') },
    seeds: [MESSAGE, text('GU'), new Uint8Array(0)],
  },
  cpiom: {
    config: json('cpiom'),
    machine: { machine: 'cpiom', symbols: read('guests/cpiom.elf') },
    seeds: [text('peek 0x100'), text('nothing'), text('poke 0x1000 5'), text('info')],
  },
};

let host: NodeHost | undefined;
let machine: Machine | undefined;
afterEach(async () => {
  await machine?.close();
  host?.close();
});

async function open(tier: NodeHostOptions, config: GustaveConfig, options: MachineOptions): Promise<Gustave> {
  host = await createNodeHost(tier);
  const gustave = new Gustave(config, 'x.json');
  machine = Machine.create({ icount: 'shift=3', serial: () => {}, rtcBaseMs: 0, ...options, plugins: [{ plugin: gustave.plugin }] }, host);
  await gustave.prepare(machine);
  return gustave;
}
const openTarget = (tier: NodeHostOptions, { config, machine }: Target): Promise<Gustave> => open(tier, config, machine);

/** Inputs of a number, the same every time. */
function* inputs({ seeds, config }: Target, count: number): Generator<Uint8Array> {
  yield* seeds;
  const random = new SeededRandom(7);
  for (let n = seeds.length; n < count; n++) yield mutate(random, seeds, config.input.limit);
}

/** What a run has shown: all that anybody can see of it. */
function shown(gustave: Gustave, input: Uint8Array): string {
  const { kind, reason, instructions } = gustave.run(input);
  return [kind, reason, instructions, Buffer.from(gustave.edges.bitmap).toString('latin1')].join();
}

describe.each(Object.entries(TARGETS))('%s', (name, target) => {
  // the firmware's own tests come before its prompt: all code of these, generated, takes half a minute
  const tiers = name === 'cpiom' && !IS_LONG ? [TIERS.tci, TIERS['what is hot']] : Object.values(TIERS);

  it('shows the same of an input each time, in each tier', { timeout: 2 * MINUTE }, async () => {
    const all: string[][] = [];
    for (const tier of tiers) {
      const gustave = await openTarget(tier, target);
      for (let round = 0; round < 3; round++) all.push([...inputs(target, 60)].map((input) => shown(gustave, input)));
      await machine!.close();
      host!.close();
    }
    // (the bitmaps in one line each would be a long text)
    for (const each of all) for (const [n, line] of each.entries()) expect(line === all[0][n], `input ${n}`).toBe(true);
    expect(new Set(all[0]).size).toBeGreaterThan(5);
  });

  it(`leaves nothing behind in ${RESETS} resets`, { timeout: 10 * MINUTE }, async () => {
    const gustave = await openTarget(TIERS['what is hot'], target);
    const { state } = machine!;
    const digest = machineDigest(state);
    let n = 0;
    for (const input of inputs(target, RESETS)) {
      gustave.run(input);
      if (++n === 10) expect(machineDigest(state)).not.toBe(digest);
      if (n % (RESETS / 4) !== 0 && n > 20) continue;
      gustave.reset();
      expect(machineDigest(state), `run ${n}`).toBe(digest);
    }
  });
});

// a0 DATA, a1 the finisher, a2 its word to power off, a3 to reset. Goes to a row of two instructions by the input's first byte.
// prettier-ignore
const ROWS = [
  0x00001517, // 00 auipc a0, 1
  0x001005b7, // 04 lui a1, 0x100
  0x00005637, // 08 lui a2, 5
  0x55560613, // 0c addi a2, a2, 0x555
  0x000076b7, // 10 lui a3, 7
  0x77768693, // 14 addi a3, a3, 0x777
  0x00054283, // 18 lbu t0, 0(a0)
  0x00329293, // 1c slli t0, t0, 3
  0x00000317, // 20 auipc t1, 0
  0x00530333, // 24 add t1, t1, t0
  0x00c30067, // 28 jr 12(t1)
  0x0400006f, 0x00000013, // 0: j end
  0x00000000, 0x00000013, // 1: illegal
  0x0000006f, 0x00000013, // 2: j .
  0x10500073, 0xffdff06f, // 3: wfi; j . - 4
  0x00002023, 0x00000013, // 4: sw zero, 0(zero)
  0x40552023, 0x0140006f, // 5: sw t0, 1024(a0); j end
  0x00c5a023, 0x0000006f, // 6: sw a2, 0(a1); j .
  0x00d5a023, 0x0000006f, // 7: sw a3, 0(a1); j .
  0x0000006f, // 6c end: j .
];
const CODE = 0x8000_0000;
const DATA = CODE + 0x1000;
const BOARD: MachineOptions = { machine: 'virt', memory: '16M', bios: new Uint8Array(Uint32Array.from(ROWS).buffer) };
const CONFIG: GustaveConfig = {
  snapshot: { at: CODE + 0x18 },
  input: { address: DATA, limit: 4 },
  end: { at: [CODE + 0x6c], instructions: 5000 },
};
const ends = async (config: Partial<GustaveConfig>, options: MachineOptions = {}): Promise<string[]> => {
  const gustave = await open(FIRST, { ...CONFIG, ...config }, { ...BOARD, ...options });
  return [0, 1, 2, 3, 4, 5, 6, 7].map((row) => {
    const { kind, reason } = gustave.run(Uint8Array.of(row));
    return `${kind}: ${reason}`;
  });
};

describe('a run ends', () => {
  it('where and how the configuration says', async () => {
    expect(
      await ends({
        crash: {
          exceptions: ['illegal instruction', 7],
          states: ['reset', 'halted'],
          writable: [`${CODE}..${DATA + 1023}`, '0x100000..0x100fff', '0..4'],
        },
      }),
    ).toEqual([
      'ok: at 0x8000006c',
      'crash: exception illegal instruction at 0x80000034',
      'hang: not at an end after 5000 instructions',
      'crash: all CPUs wait, and nothing will wake them',
      'crash: exception store/AMO access fault at 0x8000004c',
      'crash: store to where nothing is to be written, at 0x80000054',
      'ok: the guest ends (guest-shutdown, 0)',
      'crash: the guest resets itself (guest-reset)',
    ]);
  });

  it('otherwise if it says nothing', async () => {
    const found = await ends({ crash: { at: [CODE + 0x44], states: ['shutdown'] } });
    expect([0, 3, 5, 6, 7].map((row) => found[row])).toEqual([
      'ok: at 0x8000006c',
      'crash: at 0x80000044',
      'ok: at 0x8000006c',
      'crash: the guest ends (guest-shutdown, 0)',
      'ok: the guest resets itself (guest-reset)',
    ]);
  });

  it('and the next begins at the snapshot, with as many harts as there are', async () => {
    const gustave = await open(FIRST, CONFIG, { ...BOARD, smp: 2 });
    const once = shown(gustave, Uint8Array.of(0));
    for (const row of [3, 6, 7, 2, 1, 0]) gustave.run(Uint8Array.of(row));
    expect(shown(gustave, Uint8Array.of(0))).toBe(once);
    gustave.reset();
    expect(machine!.readRegister('pc')).toBe(BigInt(CODE + 0x18));
  });
});

it('puts in the input, its length and what is behind it', async () => {
  const gustave = await open(
    FIRST,
    { ...CONFIG, input: { address: DATA + 0xffd, limit: 6, pad: 0x2e, length: { address: { register: 'a0' }, size: 2 } } },
    BOARD,
  );
  gustave.run(Uint8Array.of(1, 2, 3, 4));
  expect([...machine!.readMemory(DATA + 0xffd, 7)]).toEqual([1, 2, 3, 4, 0x2e, 0x2e, 0]);
  expect([...machine!.readMemory(DATA, 4)]).toEqual([4, 0, 0, 0]);
  gustave.run(new Uint8Array(20).fill(9));
  expect([...machine!.readMemory(DATA + 0xffd, 7)]).toEqual([9, 9, 9, 9, 9, 9, 0]);
  expect([...machine!.readMemory(DATA, 4)]).toEqual([6, 0, 0, 0]);
});

it.each<[string, Partial<GustaveConfig>, MachineOptions, string]>([
  ['no icount', {}, { icount: undefined }, 'x.json: runs repeat by counting instructions (expected icount)'],
  [
    'no symbols',
    { snapshot: { at: 'main' } },
    {},
    "x.json: snapshot: at: there are no symbols to find 'main' in (expected an address, or -symbols FILE)",
  ],
  [
    'no symbol',
    { end: { at: ['handeld'] } },
    { symbols: read('guests/gustave.elf') },
    "x.json: end: at[0]: there is no symbol 'handeld'; did you mean 'handle'?",
  ],
  [
    'an end at the beginning',
    { end: { at: [CODE + 0x18] } },
    {},
    'x.json: end: at[0]: this is where the snapshot is taken (expected another address)',
  ],
  ['no exception', { crash: { exceptions: ['bad luck'] } }, {}, "x.json: crash: exceptions[0]: there is no exception 'bad luck'"],
  ['a range that is none', { coverage: ['8..4'] }, {}, "x.json: coverage[0]: '8..4' ends before it begins"],
  ['no register', { input: { address: { register: 'q0' }, limit: 1 } }, {}, "x.json: input: address: register: there is no register 'q0'"],
  ['no memory', { input: { address: 0x1000_0000, limit: 1 } }, {}, 'x.json: input: address: there is no memory to write to at 0x10000000'],
  [
    'memory that ends',
    { input: { address: 0x80ff_ffff, limit: 2 } },
    {},
    'x.json: input: address: there is no memory to write to at 0x81000000',
  ],
  [
    'a length that does not fit',
    { input: { address: DATA, limit: 256, length: { address: DATA, size: 1 } } },
    {},
    'x.json: input: length: size: a limit of 256 does not fit 1 bytes',
  ],
])('says what is wrong: %s', async (_, config, options, message) => {
  await expect(open(FIRST, { ...CONFIG, ...config }, { ...BOARD, ...options })).rejects.toThrow(message);
});

it('says that the guest has ended before', async () => {
  const bios = new Uint8Array(Uint32Array.from([...ROWS.slice(0, 6), ROWS[23], 0x6f]).buffer);
  await expect(open(FIRST, { ...CONFIG, snapshot: { at: CODE + 0x100 } }, { ...BOARD, bios })).rejects.toThrow(
    'x.json: snapshot: at: the guest ended (guest-shutdown) before it came to 0x80000100',
  );
});

it('finds the mistake that the example has, from one message', async () => {
  const gustave = await openTarget(TIERS['what is hot'], TARGETS['virt']);
  const found: Finding[] = [];
  const campaign = new Campaign(gustave, {
    found: (finding) => void found.push(finding),
    giveWay: () => Promise.resolve(found.length === 0),
  });
  await campaign.given([{ name: 'message', bytes: MESSAGE }]);
  expect(found).toEqual([]);
  await campaign.mutated(100_000, 1);
  expect(found[0].outcome).toMatchObject({
    kind: 'crash',
    reason: expect.stringMatching(/^store to where nothing is to be written, at 0x8000.... <handle>$/) as string,
  });
  // and again, by itself
  expect(gustave.run(found[0].bytes)).toEqual(found[0].outcome);
});

it('tells new edges, and old ones that are taken more often', async () => {
  const gustave = await openTarget(FIRST, TARGETS['virt']);
  const seen = new SeenEdges();
  const isNew = (input: Uint8Array): boolean => (gustave.run(input), seen.add(gustave.edges));
  const renamed = new Uint8Array(MESSAGE);
  renamed[6] ^= 1;
  expect([isNew(MESSAGE), isNew(MESSAGE), isNew(renamed), isNew(text('GU'))]).toEqual([true, false, false, true]);
  expect(isNew(Uint8Array.from([...text('GU\x02N\x02abN\x03abc'), 0, 0]))).toBe(true);
  expect(seen.count).toBeGreaterThan(10);
});

it('answers by lines', async () => {
  const gustave = await openTarget(FIRST, TARGETS['virt']);
  const driver = new GustaveDriver(gustave);
  expect(driver.greeting).toBe('gustave 1 map 65536 limit 256\n');
  const ask = (line: string) => driver.take(text(line));
  expect(ask('run 47').answers).toBe('');
  const { answers } = ask('55\nrun\n');
  expect(answers).toMatch(/^ok \d+ ([\da-f]{4}:[\da-f]{2},?)+ at 0x8000.... <handled>\nok \d+ .*\n$/);
  const [, edges] = /^ok \d+ (\S+)/.exec(answers)!;
  gustave.run(text('GU'));
  expect(edges.split(',')).toHaveLength(gustave.edges.count);
  for (const edge of edges.split(',')) {
    const [place, count] = edge.split(':').map((digits) => parseInt(digits, 16));
    expect(gustave.edges.bitmap[place]).toBe(count);
  }
  expect(ask('run 4g\nrun 123\nwalk\n').answers.split('\n')).toEqual([
    'error an input is an even number of hexadecimal digits',
    'error an input is an even number of hexadecimal digits',
    "error there is no request 'walk' (run HEX, quit)",
    '',
  ]);
  expect(ask('quit\nrun 00\n')).toEqual({ answers: '', isOver: true });
  expect(ask('7'.repeat(1000))).toEqual({ answers: 'error the line is too long\n', isOver: true });
});
