import { describe, expect, it } from 'vitest';
import { readConfig } from './readconfig.js';

describe('-readconfig', () => {
  it('sections are options, in their order', () => {
    const text = `# a comment
[machine]
  type = "virt"
  accel="tcg"

[memory]
  size = "64M"
[smp-opts]
cpus = "2"\r
[device "rng0"]
  driver = "virtio-rng-device"
  rng = "a,b"
[accel]
[chardev "c"]
  backend = "null"
`;
    expect(readConfig('f', text)).toEqual([
      ...['-machine', 'type=virt,accel=tcg', '-m', 'size=64M', '-smp', 'cpus=2'],
      ...['-device', 'id=rng0,driver=virtio-rng-device,rng=a,,b', '-chardev', 'id=c,backend=null'],
    ]);
  });

  it.each([
    ['x = "y"\n', '-readconfig f:1: no group defined'],
    ['[machine]\nfoo\n', '-readconfig f:2: parse error'],
    ['[machine]\n\nx = y\n', '-readconfig f:3: parse error'],
    ['[machine]\nx = "y\n', '-readconfig f:2: parse error'],
    ['[mashine]\n', "-readconfig f:1: There is no option group 'mashine'; did you mean 'machine'?"],
    ['[__proto__]\n', "There is no option group '__proto__'"],
  ])('%j: %s', (text, says) => expect(() => readConfig('f', text)).toThrow(says));
});
