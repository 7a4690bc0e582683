import { describe, expect, it } from 'vitest';
import { RV_EXT, RV_MSECCFG } from '../../../assembly/target/riscv/shared/env.js';
import { RVX_D, RVX_F, RVX_S, RVX_SVADU, RVX_ZBA, RVX_ZFA } from '../../../assembly/target/riscv/shared/riscv.js';
import { CPUS } from '../../../tests/support/riscv-cpus.js';
import { cpuHelp, hasExtension, isaExtensions, isaString, misa, mmuType, parseCpuConfig } from './config.js';
import { EXTENSIONS } from './extensions.js';
import { CPU_MODELS } from './models.js';
import { QEMU_EXTENSIONS } from './qemu-properties.js';

describe('extensions', () => {
  it('have a place in the ISA string', () => {
    // Modes are no extensions there, and QEMU 10.0 does not list Sdtrig.
    const names = EXTENSIONS.map(({ name }) => name).filter((name) => !['u', 's', 'debug'].includes(name));
    const listed = Object.values(CPUS).flatMap((cpu) => isaExtensions(parseCpuConfig(cpu)));
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  });
  it('have a bit each', () => {
    const sharers = EXTENSIONS.filter(({ bit }, i) => EXTENSIONS.findIndex((each) => each.bit === bit) !== i);
    expect(sharers.map(({ name }) => name)).toEqual([]);
    const room = 8 * (RV_MSECCFG - RV_EXT); // up to its neighbour
    expect(EXTENSIONS.filter(({ bit }) => bit >= room).map(({ name }) => name)).toEqual([]);
  });
  it('are not known as missing', () => {
    expect(EXTENSIONS.map(({ name }) => name).filter((name) => QEMU_EXTENSIONS.has(name))).toEqual([]);
  });
});

describe('-cpu', () => {
  it('privileged extensions come as QEMU 10.0 lists them', () => {
    const text = 'rv64,smrnmi=on,smdbltrp=on,smmpm=on,smepmp=on,sspm=on,supm=on,ssccfg=on,smstateen=on,sscofpmf=on,svade=on';
    expect(isaString(parseCpuConfig(text))).toContain(
      '_zbs_smcdeleg_smcsrind_smdbltrp_smepmp_smrnmi_smmpm_smnpm_smstateen_ssccfg_ssccptr_sscofpmf_sscounterenw_sscsrind_ssnpm_sspm_ssstateen_sstc_' +
        'sstvala_sstvecd_ssu64xl_supm_svade_svadu_svvptc',
    );
  });

  it('rv64', () => {
    expect(mmuType(parseCpuConfig('rv64'))).toBe('riscv,sv57');
    expect(misa(parseCpuConfig('rv64'))).toBe((2n << 62n) | 0x14112dn);
  });

  /** As QEMU 10.0 prints it, but for H, V, Smctr and Ssctr; what the manuals have together is written as one. */
  const PARTS: Record<string, string> = {
    zicbo: 'zicbom_zicbop_zicboz',
    zicc: 'ziccamoa_ziccif_zicclsm_ziccrse',
    zihint: 'zihintntl_zihintpause',
    ss12: 'ssccptr_sscounterenw_sstvala_sstvecd_ssu64xl',
    sstc12: 'ssccptr_sscounterenw_sstc_sstvala_sstvecd_ssu64xl',
  };
  it.each([
    [
      'rv64',
      'rv64imafdc_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_SSTC12_svadu_svvptc',
    ],
    [
      'max',
      'rv64imafdcb_zic64b_ZICBO_ZICC_zicfilp_zicfiss_zicond_zicntr_zicsr_zifencei_ZIHINT_zihpm_zimop_zmmul_za64rs_zaamo_zabha_zacas_zama16b_zalrsc_zawrs_zfa_zfbfmin_zfh_zfhmin_zca_zcb_zcd_zcmop_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zk_' +
        'zkn_zknd_zkne_zknh_zkr_zks_zksed_zksh_zkt_ztso_smaia_smcdeleg_smcntrpmf_smcsrind_smepmp_smmpm_smnpm_smstateen_ssaia_ssccfg_ssccptr_sscofpmf_sscounterenw_sscsrind_ssdbltrp_ssnpm_sspm_ssstateen_sstc_sstvala_sstvecd_ssu64xl_supm_svadu_svinval_svnapot_svpbmt_svvptc',
    ],
    ['sifive-u54', 'rv64imafdc_zicntr_zicsr_zifencei_zihpm'],
    ['sifive-e51', 'rv64imac_zicntr_zicsr_zifencei_zihpm'],
    ['rv64i', 'rv64i'],
    ['rv64i,zicsr=on', 'rv64i_zicsr'],
    ['rv64i,zcb=on', 'rv64ic_zic64b_ZICC_za64rs_zca_zcb_SS12'],
    ['rv64i,d=on', 'rv64ifd_zicsr'],
    ['rv64i,zfh=on', 'rv64if_ZICC_zicsr_zfh_zfhmin_ssccptr'],
    [
      'rva22u64',
      'rv64imafdcb_zic64b_ZICBO_ZICC_zicntr_zicsr_zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt_SS12',
    ],
    [
      'rva22s64',
      'rv64imafdcb_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_zihintpause_zihpm_zmmul_za64rs_zaamo_zalrsc_zfhmin_zca_zcd_zba_zbb_zbs_zkt_SS12_svade_svinval_svpbmt',
    ],
    [
      'rv64,rva22s64=on',
      'rv64imafdcb_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zfhmin_zca_zcd_zba_zbb_zbc_zbs_zkt_SSTC12_svade_svadu_svinval_svpbmt',
    ],
    ['rv64,priv_spec=v1.10.0', 'rv64imafdc_zicntr_zicsr_zifencei_ZIHINT_zihpm'],
    ['rv64,priv_spec=v1.11.0', 'rv64imafdc_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_ssccptr'],
    [
      'rv64,priv_spec=v1.12.0',
      'rv64imafdc_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_SSTC12_svadu',
    ],
    [
      'rv64,zk=on',
      'rv64imafdc_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zk_zkn_zknd_zkne_zknh_zkr_zkt_SSTC12_svadu_svvptc',
    ],
    [
      'rv64,c=off,zce=on,b=on',
      'rv64imafdb_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcb_zce_zcmp_zcmt_zba_zbb_zbc_zbs_SSTC12_svadu_svvptc',
    ],
    [
      'rv64,m=off,zmmul=on,svade=on',
      'rv64iafdc_zic64b_ZICBO_ZICC_zicntr_zicsr_zifencei_ZIHINT_zihpm_zmmul_za64rs_zaamo_zalrsc_zawrs_zfa_zca_zcd_zba_zbb_zbc_zbs_SSTC12_svade_svadu_svvptc',
    ],
  ])('%s is %s', (cpu, isa) => {
    expect(isaString(parseCpuConfig(cpu))).toBe(isa.replace(/[A-Z]+\d*/g, (group) => PARTS[group.toLowerCase()]));
  });

  it('warns of what is newer than priv_spec, and takes only the last one', () => {
    const warnings: string[] = [];
    const config = parseCpuConfig('rv64,priv_spec=v1.13.0,priv_spec=v1.12.0', (text) => warnings.push(text));
    expect(config.privVersion).toBe(12);
    expect(warnings).toEqual(['disabling svvptc extension because privilege spec version does not match']);
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
    ['rv64,rva23u64=off,svade=off,x-svukte=false,xtheadba=off,g=off,b=off', 'rv64'],
    ['rv64,zca=on,zaamo=true,svvptc=on,Zifencei=on,zcf=off', 'rv64'],
    ['max,zcmp=off,zk=on', 'max'],
    ['rv64,cbom_blocksize=64,pmu-num=16,debug=on,short-isa-string=off,vlen=256,vext_spec=v1.0', 'rv64'],
    ['rv64i,g=on', 'rv64i,m=on,a=on,zicsr=on,f=on,d=on,zifencei=on'],
    ['rv64,zfh=on', 'rv64,Zfh=on'],
  ])('%s is %s', (text, same) => expect(parseCpuConfig(text)).toEqual(parseCpuConfig(same)));

  it.each([
    ['rv64,vlen=100', "'vlen=100' is no power of 2"],
    ['rv64,elen=x', "parameter 'elen' expects a number"],
    ['rv64,vext_spec=v2.0', "unsupported vector spec version 'v2.0' (expected v1.0)"],
    ['rv64,rvv_ta_all_1s=1', "parameter 'rvv_ta_all_1s' expects 'on' or 'off'"],
    ['nope', "unable to find CPU model 'nope'"],
    ['rv64,nope=on', "-cpu rv64: property 'nope' not found"],
    ['rv64,smaja=off', "-cpu rv64: property 'smaja' not found; did you mean 'smaia'?"],
    ['rv64,Zba=on', "-cpu rv64: property 'Zba' not found; did you mean 'zba'?"],
    ['rv64,h=on', "-cpu rv64: extension 'h' is not built yet (expected h=off)"],
    ['rv64,v=true', "-cpu rv64: extension 'v' is not built yet"],
    ['rv64,v=maybe', "-cpu rv64: parameter 'v' expects 'on' or 'off'"],
    ['rva23s64', "-cpu rva23s64: profile 'rva23s64' is not built yet: it needs the vector and hypervisor extensions ('v', 'h')"],
    ['rv64,rva23u64=on', "-cpu rv64: profile 'rva23u64' is not built yet: it needs the vector extension ('v') (expected rva23u64=off)"],
    ['rv32,rva22u64=on', '-cpu rv32: profile rva22u64 is for 64-bit CPUs only'],
    ['sifive-u54,rva22u64=on', '-cpu sifive-u54: profile rva22u64 is not available for vendor CPUs'],
    ['sifive-u54,zba=on', '-cpu sifive-u54: this CPU does not allow enabling extensions'],
    ['sifive-u54,priv_spec=v1.12.0', "-cpu sifive-u54: this CPU does not allow changing 'priv_spec'"],
    ['rv64,zca=off', '-cpu rv64: extension c requires zca'],
    ['rv64,d=off,zcd=on', '-cpu rv64: extension zcd requires d'],
    ['rv64,zicfiss=on', '-cpu rv64: extension zicfiss requires zimop'],
    ['rv64,zicfiss=on,zimop=on', '-cpu rv64: extension zicfiss with zca requires zcmop'],
    ['rv64,zcmp=on', '-cpu rv64: extension zcmp is incompatible with zcd, which c and d have (expected zcd=off)'],
    ['max,zce=on', '-cpu max: extension zcmp is incompatible with zcd'],
    ['rv64,zcf=on', '-cpu rv64: extension zcf is only relevant to RV32'],
    ['rv64,zkn=on,zbkb=off', '-cpu rv64: extension zkn requires zbkb'],
    ['rv64,za64rs=off', "-cpu rv64: extension 'za64rs' cannot be turned off by itself"],
    ['rv64,priv_spec=v1.9.1', "-cpu rv64: unsupported privilege spec version 'v1.9.1' (expected v1.10.0, v1.11.0, v1.12.0, v1.13.0)"],
    ['rv64,zba=maybe', "-cpu rv64: parameter 'zba' expects 'on' or 'off'"],
    ['rv64,f=off', '-cpu rv64: extension d requires f'],
    ['rv64,f=off,d=off,zfh=on', '-cpu rv64: extension zfhmin requires f'],
    ['rv64i,d=on,f=off', '-cpu rv64i: extension d requires f'],
    ['rv64,sv32=on', '-cpu rv64: sv32 is not a mode of RV64'],
    ['rv64,sv39=off,sv57=on', '-cpu rv64: cannot disable sv39 if sv57 is enabled'],
    ['rv64,smepmp=on,pmp=off', '-cpu rv64: extension smepmp requires pmp (expected pmp=on or smepmp=off)'],
    ['rv64,mvendorid=x', "-cpu rv64: parameter 'mvendorid' expects a number"],
  ])('%s is refused', (text, message) => expect(() => parseCpuConfig(text)).toThrow(message));

  it.each(['rv32,zcd=off,zcmp=on', 'rv64,zcd=off,zcmp=on,zcmt=on'])(
    '%s: the codes of C that Zcd has are free for another, and misa has C',
    (text) => {
      const config = parseCpuConfig(text);
      expect(isaExtensions(config)).toEqual(expect.arrayContaining(['c', 'zca', 'zcmp']));
      expect(isaExtensions(config)).not.toContain('zcd');
    },
  );

  it('survives serialisation', () => {
    for (const { name } of CPU_MODELS) {
      const config = parseCpuConfig(name);
      expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    }
  });

  it('? lists models and options', () => {
    for (const { name } of [...CPU_MODELS, ...EXTENSIONS, { name: 'rva22s64' }, { name: 'priv_spec' }])
      expect(cpuHelp()).toMatch(new RegExp(`\\b${name}\\b`));
    expect(cpuHelp()).toMatch(/[^\n]\n$/);
  });
});
