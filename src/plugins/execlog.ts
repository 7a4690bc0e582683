/** Every instruction that is executed, with its accesses of memory, as QEMU's `execlog`. */
import { definePlugin } from '../plugin/api.js';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

export default definePlugin({
  name: 'execlog',
  description: 'writes a line for each executed instruction: cpu, address, code, disassembly, and what it loads and stores',
  args: {
    ifilter: { help: 'only instructions whose disassembly begins so' },
    afilter: { help: 'only the instruction at this address', type: 'number' },
    reg: { help: 'registers whose changes are shown, with a space between them' },
    file: { help: 'write to this file at the end, in place of the log' },
  },
  install(api, { ifilter, afilter, reg, file }) {
    const lines: string[] = [];
    const put = (line: string): void => {
      if (file === undefined) api.outs(line);
      else lines.push(line);
    };
    const registers = reg === undefined ? [] : reg.split(' ').filter((name) => name !== '');
    /** By vCPU: the line of the instruction that runs, and the registers before it. */
    const running: (string | undefined)[] = [];
    const values: bigint[][] = [];

    const finish = (vcpu: number): void => {
      const line = running[vcpu];
      if (line !== undefined) put(`${line}\n`);
      running[vcpu] = undefined;
    };
    api.onTranslate(({ insns }) => {
      for (const insn of insns) {
        const { vaddr, bytes, disassembly } = insn;
        // What is not shown ends the line of what was.
        const isShown = (ifilter === undefined || disassembly.startsWith(ifilter)) && (afilter === undefined || vaddr === BigInt(afilter));
        const code = [...bytes].reduceRight((word, byte) => word * 256 + byte, 0);
        const text = `${hex(vaddr)}, 0x${code.toString(16)}, "${disassembly}"`;
        insn.onExec(
          (vcpu) => {
            const { index } = vcpu;
            const old = values[index];
            if (registers.length > 0) {
              const now = registers.map((name) => vcpu.readRegister(name));
              if (old && running[index] !== undefined)
                now.forEach((value, i) => {
                  if (value !== old[i]) running[index] += `, ${registers[i]} -> ${hex(value)}`;
                });
              values[index] = now;
            }
            finish(index);
            if (isShown) running[index] = `${index}, ${text}`;
          },
          registers.length > 0 ? 'read' : 'none',
        );
        if (!isShown) continue;
        insn.onMemory('both', ({ index }, info) => {
          const place = info.place();
          const where = place ? `, ${hex(place.address)}, ${place.isDevice ? place.name : 'RAM'}` : '';
          if (running[index] !== undefined) running[index] += `, ${info.isStore ? 'store' : 'load'}, ${hex(info.address)}${where}`;
        });
      }
    });
    api.onExit(() => {
      for (const vcpu of running.keys()) finish(vcpu);
      if (file !== undefined) api.writeFile(file, lines.join(''));
    });
  },
});
