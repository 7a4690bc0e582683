/** `wemu embedded`: the bare-metal guest of our own, committed as ELF: it needs no network and no packages. */
import type { CodegenThread } from '../accel/tcg/codegen/protocol.js';
import { createNodeHost } from '../node/host.js';
import { readImage } from '../node/image-file.js';
import { embeddedGuestPath } from '../node/embedded-guest.js';
import { commandLineAccel } from './common/accel.js';
import type { GuestArguments } from './arguments.js';
import { runMachine } from './run-machine.js';
import { statsWriter } from './stats.js';

export async function runEmbedded(args: GuestArguments, worker?: CodegenThread): Promise<number> {
  return runMachine(
    {
      machine: 'virt',
      cpu: args.cpu,
      memory: args.m,
      bios: 'none',
      kernel: readImage('-kernel', embeddedGuestPath()),
      append: args.append,
      icount: args.icount,
    },
    await createNodeHost({ ...commandLineAccel(args.accel), board: 'virt', profile: args.profile, worker }),
    { serials: ['stdio'], stats: statsWriter(args.stats, args.profile) },
  );
}
