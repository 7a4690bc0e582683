import { afterEach, describe, expect, it } from 'vitest';
import { createNodeHost, type NodeHost } from '../node/host.js';
import { helpRequest } from './help-request.js';
import { parseMachine } from './machine-option.js';
import type { SystemArguments } from './arguments.js';

let host: NodeHost | undefined;
afterEach(() => host?.close());

const request = (args: Partial<SystemArguments>, accel?: string) =>
  helpRequest({ reboot: true, shutdown: true, ...args }, parseMachine(args.machine), accel);

describe('help', () => {
  it.each<[Partial<SystemArguments>, string?]>([
    [{}],
    [{ cpu: 'rv64,zba=on', machine: ['virt,aclint=on'], device: ['virtio-rng-device,id=help'], object: ['rng-random,id=a,filename=help'] }],
    [{ d: 'in_asm', trace: ['virtio_*'], chardev: ['null,id=help'] }, 'tcg,thread=sync'],
  ])('is not asked for by %j', (args, accel) => expect(request(args, accel)).toBeUndefined());

  it.each<[Partial<SystemArguments>, RegExp]>([
    [{ machine: ['help'] }, /^40p .*\n[^]*^virt /m],
    [{ machine: ['virt,help'] }, /^virt-machine options:\n[^]*aclint=<bool>/],
    [{ cpu: '?' }, /rv64[^]*604/],
    [{ machine: ['40p'], cpu: 'help' }, /^(?![^]*rv64)[^]*604/],
    [{ chardev: ['help'] }, /socket/],
    [{ d: 'help' }, /^Log items/],
    [{ d: 'in_asm,trace:help' }, /^virtio_queue_notify$/m],
    [{ trace: ['help'] }, /^m48t59_read$[^]*^virtio_mmio_read$|^virtio_mmio_read$[^]*^m48t59_read$/m],
    [{ object: ['help'] }, /rng-builtin/],
    [{ object: ['rng-random,id=a,help'] }, /^rng-random options:\n/],
    [{ device: ['?'] }, /^name "virtio-rng-device"/m],
    [{ machine: ['virt'], device: ['help'] }, /virtio-rng-device/],
    [{ device: ['virtio-blk-device,id=a,help'] }, /^virtio-blk-device options:\n/],
    [{ device: ['virtio-rng,?'] }, /^virtio-rng-pci options:\n/],
  ])('of %j', async (args, text) => {
    host = await createNodeHost({ backend: 'tci' });
    expect(request(args)!(host)).toMatch(text);
  });

  it.each<[Partial<SystemArguments>, string]>([
    [{ device: ['nosuch,help'] }, "-device nosuch,help: 'nosuch' is not a valid device model name"],
    [{ object: ['nosuch,help'] }, "-object nosuch,help: Parameter 'qom-type' does not accept value 'nosuch'"],
    [{ machine: ['nosuch,help'] }, 'nosuch'],
  ])('of what is not there: %j', async (args, why) => {
    host = await createNodeHost({ backend: 'tci' });
    expect(() => request(args)!(host!)).toThrow(why);
  });
});
