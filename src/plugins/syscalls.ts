/** Which system calls programs make, and how often, as QEMU's `syscall`. */
import { definePlugin } from '../plugin/api.js';

export default definePlugin({
  name: 'syscalls',
  description: "counts the system calls of the guest's programs by number",
  args: { print: { help: 'tell of each one as it is made, with its arguments', default: false } },
  install(api, { print }) {
    const counts = new Map<bigint, number>();
    api.onSyscall(({ index }, number, args) => {
      counts.set(number, (counts.get(number) ?? 0) + 1);
      if (print) api.outs(`cpu ${index} syscall ${number}(${args.map((arg) => `0x${arg.toString(16)}`).join(', ')})\n`);
    });
    api.onExit(() => {
      api.outs('syscall no.  calls\n');
      for (const [number, count] of [...counts].sort((a, b) => b[1] - a[1])) api.outs(`${String(number).padEnd(13)}${count}\n`);
    });
  },
});
