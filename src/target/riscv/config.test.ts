import { describe, expect, it } from 'vitest';
import { RVX_D, RVX_F, RVX_S, RVX_SVADU, RVX_ZBA, RVX_ZFA } from '../../../assembly/target/riscv/shared/riscv.js';
import { cpuHelp, hasExtension, isaExtensions, isaString, misa, mmuType, parseCpuConfig } from './config.js';
import { EXTENSIONS } from './extensions.js';
import { CPU_MODELS } from './models.js';
import { QEMU_EXTENSIONS } from './qemu-properties.js';

describe('extensions', () => {
  it('have a place in the ISA string', () => {
    const names = EXTENSIONS.map(({ name }) => name).filter((name) => name !== 'u' && name !== 's'); // modes are no extensions there
    expect(names.filter((name) => !isaExtensions(parseCpuConfig('max,smrnmi=on,smdbltrp=on')).includes(name))).toEqual([]);
  });
  it('are not known as missing', () => {
    expect(EXTENSIONS.map(({ name }) => name).filter((name) => QEMU_EXTENSIONS.has(name))).toEqual([]);
  });
});

describe('-cpu', () => {
  it('rv64 is as QEMU 10.0 prints it, but for H', () => {
    expect(isaString(parseCpuConfig('rv64'))).toBe(
      'rv64imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_ziccif_zicclsm_ziccrse_zicntr_zicsr_zifencei_zihintntl_zihintpause_zihpm_zmmul_za64rs_zaamo_' +
        'zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_ssccptr_sscounterenw_sstc_sstvala_sstvecd_ssu64xl_svadu_svvptc',
    );
    expect(mmuType(parseCpuConfig('rv64'))).toBe('riscv,sv57');
    expect(misa(parseCpuConfig('rv64'))).toBe((2n << 62n) | 0x14112dn);
  });

  it('rv32', () => {
    const config = parseCpuConfig('rv32');
    expect(isaExtensions(config).slice(0, 6)).toEqual(['i', 'm', 'a', 'f', 'd', 'c']);
    expect(isaExtensions(config)).toContain('zcf');
    expect(mmuType(config)).toBe('riscv,sv32');
    expect(misa(config)).toBe(0x4014112dn);
  });

  it('turns extensions on and off', () => {
    const config = parseCpuConfig('rv64,zba=off,zicond,svadu=false');
    expect(hasExtension(config, RVX_ZBA)).toBe(false);
    expect(hasExtension(config, RVX_SVADU)).toBe(false);
    expect(isaExtensions(config)).toContain('zicond');
  });

  it('drops default extensions with what they are built on', () => {
    const config = parseCpuConfig('rv64,f=off,d=off');
    for (const bit of [RVX_F, RVX_D, RVX_ZFA]) expect(hasExtension(config, bit)).toBe(false);
    expect(mmuType(parseCpuConfig('rv64,s=off'))).toBeUndefined();
    expect(hasExtension(parseCpuConfig('rv64,s=off'), RVX_S)).toBe(false);
  });

  it.each([
    ['rv64,sv57=off', 'riscv,sv48'],
    ['rv64,sv39=on', 'riscv,sv39'],
    ['rv64,sv48=on,sv57=off', 'riscv,sv48'],
    ['rv64,sv39=off', undefined],
    ['rv64,mmu=off', undefined],
    ['sifive-u54', 'riscv,sv39'],
    ['sifive-e31', undefined],
    ['rv64i', undefined],
  ])('%s pages with %s', (text, type) => expect(mmuType(parseCpuConfig(text))).toBe(type));

  it('takes ids and pmp', () => {
    expect(parseCpuConfig('rv64,mvendorid=0x489,marchid=7,pmp=off')).toMatchObject({ mvendorid: 0x489, marchid: 7, pmpCount: 0 });
  });

  it.each([
    ['rv64,h=off,v=off,smctr=false,g=true', 'rv64'],
    ['rv64,rva22u64=off,svade=off,x-svukte=false,xtheadba=off,g=off,b=off', 'rv64'],
    ['rv64,zca=on,zaamo=true,svvptc=on,Zifencei=on,zcf=off', 'rv64'],
    ['rv64,cbom_blocksize=64,pmu-num=16,debug=off,short-isa-string=off,vlen=256,vext_spec=v1.0', 'rv64'],
    ['rv64i,b=on', 'rv64i,zba=on,zbb=on,zbs=on'],
    ['rv64i,g=on', 'rv64i,m=on,a=on,zicsr=on,f=on,d=on,zifencei=on'],
    ['rv64,zfh=on', 'rv64,Zfh=on'],
  ])('%s is %s', (text, same) => expect(parseCpuConfig(text)).toEqual(parseCpuConfig(same)));

  it.each([
    ['nope', "unable to find CPU model 'nope'"],
    ['rv64,nope=on', "-cpu rv64: property 'nope' not found"],
    ['rv64,smaja=off', "-cpu rv64: property 'smaja' not found; did you mean 'smaia'?"],
    ['rv64,Zba=on', "-cpu rv64: property 'Zba' not found; did you mean 'zba'?"],
    ['rv64,h=on', "-cpu rv64: extension 'h' is not built yet (expected h=off)"],
    ['rv64,v=true', "-cpu rv64: extension 'v' is not built yet"],
    ['rv64,v=maybe', "-cpu rv64: parameter 'v' expects 'on' or 'off'"],
    ['rv64,rva22u64=on', "-cpu rv64: extension 'rva22u64' is not built yet"],
    ['rv64,zca=off', "-cpu rv64: extension 'zca' cannot be turned off by itself"],
    ['rv64,c=off,zcd=on', "-cpu rv64: extension 'zcd' cannot be turned on by itself"],
    ['rv64,priv_spec=v1.10.0', "-cpu rv64: 'priv_spec=v1.10.0' is not built yet (expected 'priv_spec=v1.13.0')"],
    ['rv64,zba=maybe', "-cpu rv64: parameter 'zba' expects 'on' or 'off'"],
    ['rv64,f=off', '-cpu rv64: extension d requires f'],
    ['rv64,f=off,d=off,zfh=on', '-cpu rv64: extension zfh requires f'],
    ['rv64i,d=on', '-cpu rv64i: extension d requires f'],
    ['rv64,sv32=on', '-cpu rv64: sv32 is not a mode of RV64'],
    ['rv64,sv39=off,sv57=on', '-cpu rv64: cannot disable sv39 if sv57 is enabled'],
    ['rv64,mvendorid=x', "-cpu rv64: parameter 'mvendorid' expects a number"],
  ])('%s is refused', (text, message) => expect(() => parseCpuConfig(text)).toThrow(message));

  it('survives serialisation', () => {
    for (const { name } of CPU_MODELS) {
      const config = parseCpuConfig(name);
      expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    }
  });

  it('? lists models and options', () => {
    for (const { name } of [...CPU_MODELS, ...EXTENSIONS]) expect(cpuHelp()).toMatch(new RegExp(`\\b${name}\\b`));
    expect(cpuHelp()).toMatch(/[^\n]\n$/);
  });
});
