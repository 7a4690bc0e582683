import { describe, expect, it } from 'vitest';
import { ACCEL_HELP, chooseAccel, commandLineAccel, parseAccel } from './accel.js';

describe('-accel', () => {
  it('without properties leaves everything to the engine', () => {
    expect(parseAccel(undefined)).toEqual({});
    expect(parseAccel('tcg')).toMatchObject({ backend: 'wasm', sync: false });
    expect(Object.values(parseAccel('tcg').tuning!).every((value) => value === undefined)).toBe(true);
  });
  it('takes the properties that strategies are made of', () => {
    const text =
      'tcg,thread=sync,threshold=100,chain=off,indirect=off,region-tbs=4,region-size=99,join=off,tlb-reuse=off,fma=off,check=on,passes=licm+vacuum';
    expect(parseAccel(text)).toEqual({
      backend: 'wasm',
      sync: true,
      hotThreshold: 100,
      tuning: {
        chain: false,
        indirect: false,
        regionTbs: 4,
        regionSize: 99,
        join: false,
        tlbReuse: false,
        fusedMulAdd: false,
        check: true,
        passes: ['licm', 'vacuum'],
      },
    });
  });
  it('takes a code cache: on, off, or a folder', () => {
    const cache = (text: string) => parseAccel(`tcg,code-cache=${text}`).codeCache;
    expect(['on', 'off', '/tmp/x'].map(cache)).toEqual([true, false, '/tmp/x']);
  });
  it('keeps code unless told otherwise, where there is a worker and no log', () => {
    const cache = (text?: string, logs = false, WEMU_CODE_CACHE?: string) => commandLineAccel(text, logs, { WEMU_CODE_CACHE }).codeCache;
    expect([cache(), cache('tcg'), cache('tcg,threshold=9')]).toEqual([true, true, true]);
    expect([cache('tcg,code-cache=off'), cache('tcg,code-cache=/x', true)]).toEqual([false, '/x']);
    for (const text of ['tci', 'tcg,thread=sync', 'tcg,backend=tci']) expect(cache(text)).toBe(undefined);
    expect(cache('tcg', true)).toBe(undefined);
    expect([cache('tcg', false, 'off'), cache('tcg', false, '/y'), cache('tcg', false, 'on')]).toEqual([undefined, '/y', true]);
    expect(cache('tcg,code-cache=off', false, '/y')).toBe(false);
  });
  it.each([
    ['tcg,chain=maybe', /-accel tcg,chain=maybe: chain: .*'maybe'/],
    ['tcg,region-tbs=0', /region-tbs/],
    ['tcg,region-size=1e9', /region-size/],
    ['tcg,passes=licm+o3', /passes: unknown pass 'o3' \(expected names joined by '\+', see -accel help\)/],
    ['tcg,passes=', /unknown pass ''/],
    ['tcg,chian=off', /invalid parameter 'chian'.*region-size/],
    ['tcg,code-cache=', /code-cache: no folder/],
    ['tcg,thread=sync,code-cache=on', /code-cache needs generated code and a worker/],
    ['tci,code-cache=on', /code-cache needs/],
    ['tci,backend=wasm', /tci has no other backend/],
    ['kvm', /invalid accelerator 'kvm'/],
    ['tcg,thread=multi', /thread=multi is not built yet: a thread for each CPU \(expected thread=single/],
    ['tcg,thread=sync,thread=multi', /thread=multi is not built yet/],
    ['tcg,tb-size=-1', /tb-size/],
    ['tcg,tb-size=4096', /tb-size: .*2048/],
    ['tcg,thread=x', /thread: invalid value 'x' \(expected one of worker, sync, single\)/],
  ])('refuses %s', (text, message) => {
    expect(() => parseAccel(text)).toThrow(message);
  });
  it('takes what QEMU does', () => {
    expect(parseAccel('tcg,thread=single,split-wx=on,tb-size=96')).toMatchObject({ backend: 'wasm', sync: false, tbSize: 96 });
    for (const text of ['tcg,thread=sync,thread=single', 'tcg,thread=single,thread=sync', 'tcg,thread=worker,thread=sync'])
      expect(parseAccel(text).sync, text).toBe(true);
    expect(parseAccel('tcg,thread=sync,thread=worker').sync).toBe(false);
    expect(parseAccel('tcg,one-insn-per-tb=on').maxInsns).toBe(1);
    expect(commandLineAccel('tcg,one-insn-per-tb=on', false, {}).codeCache).toBe(undefined);
  });
  it('is the first that there is', () => {
    const told: string[] = [];
    const choose = (texts?: string[], ofMachine?: string) => chooseAccel(texts, ofMachine, (line) => told.push(line));
    expect([choose(), choose(['tcg,chain=off']), choose(undefined, 'tci')]).toEqual([undefined, 'tcg,chain=off', 'tci']);
    expect(told).toEqual([]);
    expect(choose(['kvm', 'tcg,fma=off'])).toBe('tcg,fma=off');
    expect(choose(undefined, 'xen:tcg')).toBe('tcg');
    expect(told).toEqual([
      "-accel kvm: invalid accelerator 'kvm'",
      'falling back to tcg',
      "-machine accel xen: invalid accelerator 'xen'",
      'falling back to tcg',
    ]);
    expect(() => choose(['kvm', 'hvf'])).toThrow(/invalid accelerator 'kvm'/);
    expect(() => choose(['tcg'], 'tcg')).toThrow(/incompatible/);
  });
  it('lists every property', () => {
    const [, names] = /expected one of (.*)\)/.exec(String(catchError(() => parseAccel('tcg,x=1'))))!;
    for (const name of names.split(', ').filter((word) => word !== 'accel')) expect(ACCEL_HELP).toContain(`  ${name}=`);
  });
});

function catchError(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}
