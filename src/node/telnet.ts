/**
 * The telnet protocol around a socket's bytes, as a server of a character at a time (RFC 854; options of RFC 856 to 858; what is said first is QEMU's).
 * Nothing is negotiated beyond that: what the client refuses is as it was.
 */

const IAC = 0xff;
const SB = 0xfa;
const SE = 0xf0;
const BREAK = 0xf3;
const INTERRUPT = 0xf4;
const WILL = 0xfb;
const DONT = 0xfe;
const DO = 0xfd;
const BINARY = 0;
const ECHO = 1;
const SUPPRESS_GO_AHEAD = 3;

/** We echo, and both send characters at once, in eight bits. */
export const TELNET_GREETING = Uint8Array.of(IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, WILL, BINARY, IAC, DO, BINARY);

export class TelnetReader {
  /** What the next byte is: of the text, the command after IAC, an option, or of a subnegotiation. */
  private expects: 'text' | 'command' | 'option' | 'parameters' | 'end' = 'text';

  /** `told`: the client's break key, or Ctrl-C in some. */
  constructor(private readonly told: () => void) {}

  /** The text in what has come. */
  read(bytes: Uint8Array): Uint8Array {
    if (this.expects === 'text' && !bytes.includes(IAC)) return bytes;
    const text: number[] = [];
    for (const byte of bytes) {
      if (this.expects === 'text' && byte !== IAC) text.push(byte);
      else if (this.expects === 'command' && byte === IAC) text.push(byte);
      this.expects = this.next(byte);
    }
    return Uint8Array.from(text);
  }

  private next(byte: number): TelnetReader['expects'] {
    switch (this.expects) {
      case 'text':
        return byte === IAC ? 'command' : 'text';
      case 'command':
        if (byte === BREAK || byte === INTERRUPT) this.told();
        if (byte === SB) return 'parameters';
        return byte >= WILL && byte <= DONT ? 'option' : 'text';
      case 'option':
        return 'text';
      case 'parameters':
        return byte === IAC ? 'end' : 'parameters';
      case 'end':
        return byte === SE ? 'text' : 'parameters';
    }
  }
}

/** Text as it is sent: what looks like a command is doubled. */
export function telnetText(bytes: Uint8Array): Uint8Array {
  return bytes.includes(IAC) ? Uint8Array.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte]))) : bytes;
}
