import { describe, expect, it } from 'vitest';
import { parseChardev, parseChardevReference } from './chardev-options.js';

const own = (text: string, defaults?: Record<string, string>) => {
  const reference = parseChardevReference('-serial', text, 'serial0', defaults);
  if (!('options' in reference)) throw new Error(`'${text}' is no device of its own`);
  const { id, logfile, logappend, where, ...rest } = reference.options;
  expect([id, logfile, logappend, where]).toEqual(['serial0', undefined, false, `-serial ${text}`]);
  return rest;
};
const SOCKET = { backend: 'socket', mux: false, server: false, wait: false, reconnectMs: 0, nodelay: false, telnet: false };

describe('-chardev', () => {
  it('reads the backends', () => {
    const common = { id: 'c', mux: false, logfile: undefined, logappend: false };
    expect(parseChardev('null,id=c')).toMatchObject({ backend: 'null', ...common });
    expect(parseChardev('stdio,id=c,mux=on,signal=off')).toMatchObject({ ...common, backend: 'stdio', signal: false, mux: true });
    expect(parseChardev('file,id=c,path=a,,b,append=on,input-path=i')).toMatchObject({
      ...common,
      backend: 'file',
      path: 'a,b',
      append: true,
      inputPath: 'i',
    });
    expect(parseChardev('ringbuf,id=c,size=4k,logfile=l,logappend=on')).toMatchObject({
      ...common,
      backend: 'ringbuf',
      size: 4096,
      logfile: 'l',
      logappend: true,
    });
    expect(parseChardev('socket,id=c,host=h,port=5,server=on,wait=off,nodelay')).toMatchObject({
      ...common,
      ...SOCKET,
      address: { host: 'h', port: 5 },
      server: true,
      nodelay: true,
    });
    expect(parseChardev('pty,id=c')).toMatchObject({ ...common, backend: 'pty', path: undefined });
    expect(parseChardev('pty,id=c,path=p')).toMatchObject({ ...common, backend: 'pty', path: 'p' });
    expect(parseChardev('socket,id=c,path=p,reconnect=2')).toMatchObject({ ...SOCKET, address: { path: 'p' }, reconnectMs: 2000 });
    expect(parseChardev('socket,id=c,path=p,server=on')).toMatchObject({ wait: true });
  });

  it.each([
    ['null', 'no id specified'],
    ['null,id=1', "Parameter 'id' expects an identifier"],
    ['nul,id=c', "'nul' is not a valid char driver name; did you mean 'null'?"],
    ['vc,id=c', 'not built yet'],
    ['null,id=c,foo=1', "invalid parameter 'foo'"],
    ['file,id=c', 'file: no filename given'],
    ['ringbuf,id=c,size=5', 'must be power of two'],
    ['socket,id=c', "'path', 'fd' and 'host' is missing"],
    ['socket,id=c,host=h', 'no port given'],
    ['socket,id=c,host=h,port=70000', "invalid port '70000'"],
    ['socket,id=c,host=h,port=1,path=p', "parameters 'path', 'fd' and 'host'"],
    ['socket,id=c,path=p,wait=off', "'wait' option is incompatible with socket in client connect mode"],
    ['socket,id=c,path=p,server=on,reconnect=1', "'reconnect' option is incompatible"],
    ['socket,id=c,path=p,reconnect=1,reconnect-ms=1', 'mutually exclusive'],
    ['socket,id=c,fd=3,reconnect=1', "'reconnect' option is incompatible with 'fd' address type"],
    [`socket,id=c,path=${'p'.repeat(108)}`, 'is too long'],
    ['socket,id=c,host=h,port=1,telnet=on', 'not built yet: the telnet protocol of a client'],
    ['socket,id=c,host=h,port=1,websocket=on', 'not built yet: the WebSocket protocol'],
    ['udp,id=c,host=h', 'udp: remote port not specified'],
    ['udp,id=c,port=1,localport=x', "invalid port 'x'"],
  ])('-chardev %s: %s', (text, says) => {
    expect(() => parseChardev(text)).toThrow(says);
  });
});

describe('short forms', () => {
  it('are the same devices', () => {
    expect(own('null')).toEqual({ backend: 'null', mux: false });
    expect(own('mon:stdio')).toEqual({ backend: 'stdio', mux: true, signal: false });
    expect(own('file:a,b')).toMatchObject({ backend: 'file', path: 'a,b' });
    expect(own('pipe:p')).toMatchObject({ backend: 'pipe', path: 'p' });
    expect(own('tcp:h:5')).toEqual({ ...SOCKET, address: { host: 'h', port: 5 } });
    expect(own('tcp:[::1]:5,server=on,wait=off')).toEqual({ ...SOCKET, address: { host: '::1', port: 5 }, server: true });
    expect(own('tcp::5,server,nowait')).toEqual({ ...SOCKET, address: { host: '', port: 5 }, server: true });
    expect(own('telnet::5,server=on')).toEqual({ ...SOCKET, address: { host: '', port: 5 }, server: true, wait: true, telnet: true });
    expect(own('udp::5')).toEqual({ backend: 'udp', mux: false, host: 'localhost', port: 5, localHost: '', localPort: 0 });
    expect(own('udp:h:5@[::1]:6')).toEqual({ backend: 'udp', mux: false, host: 'h', port: 5, localHost: '::1', localPort: 6 });
    expect(own('unix:p,server')).toEqual({ ...SOCKET, address: { path: 'p' }, server: true, wait: true });
    expect(own('tcp::5', { server: 'on', wait: 'off', nodelay: 'on' })).toEqual({
      ...SOCKET,
      address: { host: '', port: 5 },
      server: true,
      nodelay: true,
    });
    expect(parseChardevReference('-serial', 'none', 'x')).toEqual({ none: true });
    expect(parseChardevReference('-serial', 'chardev:c', 'x')).toEqual({ id: 'c' });
  });

  it.each([
    ['foo', "'foo' is not a valid char driver"],
    ['foo:bar', "'foo:bar' is not a valid char driver"],
    ['mon:mon:stdio', "'mon:stdio' is not a valid char driver"],
    ['mon:chardev:c', "'chardev:c' is not a valid char driver"],
    ['mon:none', "'none' is not a valid char driver"],
    ['tcp:foo', "'foo' is no address"],
    ['udp:h', "'h' is no address"],
    ['websocket::1,server=on', 'not built yet: the WebSocket protocol'],
    ['/dev/ttyS0', "chardev backend 'serial'"],
  ])('%s: %s', (text, says) => {
    expect(() => parseChardevReference('-serial', text, 'x')).toThrow(says);
  });
});
