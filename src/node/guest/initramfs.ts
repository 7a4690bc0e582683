/** The initramfs of `wemu linux`: Debian's static busybox, and an init of our own. */
import { type CpioEntry, charDevice, cpioArchive, directory, file, symlink } from './cpio.js';

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

export interface InitramfsOptions {
  readonly busybox: Uint8Array;
  /** Run this instead of an interactive shell. */
  readonly command?: readonly string[];
  /** Frames the command's output on the console, so that the host can tell it from boot messages. */
  readonly nonce?: string;
  /** Wait at READY for what to do (sessionJob): a machine may be saved there, and restored for other commands. */
  readonly session?: boolean;
  /** Run these lines of sh and power off: no shell, no input, nothing printed but what they print. */
  readonly script?: string;
  /** Of the terminal that shows the console, in characters. A serial line does not tell it. */
  readonly windowSize?: WindowSize;
  /** More for the archive, in folders that it has. */
  readonly files?: readonly CpioEntry[];
  /** Another archive, of kernel modules, which are loaded before anything else (fetchGuestFiles: modules). */
  readonly modules?: Uint8Array;
}

/** A driver has read a disk's first blocks before there is a device file, and the host may take its time for them: 10 s at most. virtio:d00000002 is virtio-blk. */
const AWAIT_DISKS = `n=0
for disk in $(grep -ls virtio:d00000002 /sys/bus/virtio/devices/*/modalias); do
  while [ -e /lib/modules ] && [ ! -e "\${disk%modalias}block" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
done`;

/**
 * What the guest prints around a command: `<begin>`, output, `<end><status>\n`; and, anywhere in the output, `<read>` when it
 * wants more of the command's standard input: a line in base64 of at most STDIN_BLOCK bytes, or STDIN_END.
 */
export function commandMarkers(nonce: string): { begin: string; end: string; read: string } {
  return { begin: `[wemu-begin ${nonce}]\n`, end: `\n[wemu-end ${nonce} `, read: `[wemu-read ${nonce}]` };
}

/**
 * What a machine has for a command's output and input, which are slow through a serial port (16 bytes an interrupt, and input as text): virtio-serial's ports, for
 * which Debian's kernel has the driver. Input comes once the guest has printed `<read>`, as it is, and ends when the chardev is closed.
 */
export const COMMAND_PORTS = {
  output: 'output',
  input: 'input',
  devices: ['virtio-serial-pci', 'virtserialport,chardev=output,name=wemu.output', 'virtserialport,chardev=input,name=wemu.input'],
} as const;
const OUTPUT_FILE = '/dev/vport0p1';
const INPUT_FILE = '/dev/vport0p2';

/** What the guest prints when it waits for a job: a string of private use, which no terminal shows (ECMA-48, APC). */
export const READY = '\x1b_wemu-ready\x1b\\';
/** Of a line that is typed to it: a Linux terminal takes 4095 bytes. */
const JOB_LINE = 4000;
const JOB_END = '.';

/** In base64 this stays below the 4095 bytes of a line that a Linux terminal takes. */
export const STDIN_BLOCK = 2304;
export const STDIN_END = '.';

// Busybox installs its own links (--install), so that the list of applets is Debian's and not ours.
const MOUNTS = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /root /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=\${TERM:-linux}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null || mdev -s
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs tmpfs /tmp
hostname wemu
ip link set lo up 2>/dev/null
for module in /lib/modules/*.ko; do [ ! -e "$module" ] || insmod "$module"; done
${AWAIT_DISKS}
cd /root
`;

const setWindowSize = (size: WindowSize | undefined): string =>
  size ? `stty rows ${size.rows} columns ${size.columns} </dev/console\n` : '';

const shellInit = (size: WindowSize | undefined): string => `${MOUNTS}${setWindowSize(size)}
echo
echo "wemu: $(uname -srm); 'poweroff -f' or Ctrl-A x to leave, Ctrl-A h for help"
echo
# A controlling terminal for the shell, so that Ctrl-C and job control work.
while true; do setsid -c sh -l </dev/console >/dev/console 2>&1; done
`;

// Standard input comes block by block on request: a serial line has no end of file, gives control characters a meaning, and loses
// what comes before or faster than somebody reads. dd takes a line at once, `read` would take it byte by byte. The fifo lets the command end while the feeder still waits for input.
const commandInit = (nonce: string, command: readonly string[], size: WindowSize | undefined): string => `${MOUNTS}${setWindowSize(size)}
stty -onlcr -echo </dev/console
mkfifo /.stdin
feed() {
  while printf '%s' '${commandMarkers(nonce).read}' >/dev/console && block=$(dd bs=4096 count=1 </dev/console) && [ "$block" != '${STDIN_END}' ]; do
    printf '%s' "$block" | base64 -d || break
  done
}
printf '[wemu-begin %s]\\n' '${nonce}'
feed >/.stdin 2>/dev/null &
setsid ${command.map(quote).join(' ')} </.stdin
status=$?
printf '\\n[wemu-end %s %d]\\n' '${nonce}' "$status"
poweroff -f
`;

// Lines are put together as they are: they are cut anywhere. What feeds a command its input is there already, and waits for the fifo's reader; the first block it
// reads byte by byte, since a command without input needs no process for that.
const sessionInit = `${MOUNTS}
stty -onlcr -echo </dev/console
mkfifo /.stdin
feed() {
  read -r nonce </.nonce
  printf '[wemu-read %s]' "$nonce" >/dev/console
  [ ! -c ${INPUT_FILE} ] || exec cat ${INPUT_FILE}
  read -r block </dev/console || block='${STDIN_END}'
  while [ "$block" != '${STDIN_END}' ]; do
    printf '%s' "$block" | base64 -d || break
    printf '[wemu-read %s]' "$nonce" >/dev/console && block=$(dd bs=4096 count=1 </dev/console) || break
  done
}
feed >/.stdin 2>/dev/null &
job=
printf '\\033_wemu-ready\\033\\\\'
while IFS= read -r line && [ "$line" != '${JOB_END}' ]; do job="$job$line"; done
eval "$job"
`;

export interface SessionJob {
  /** Run this, and frame its output (commandMarkers), on the port or on the console; without, a shell. */
  readonly command?: { readonly nonce: string; readonly words: readonly string[]; readonly onPort: boolean };
  readonly windowSize?: WindowSize;
  /** Of the host's, s since 1970 UTC. */
  readonly seconds: number;
  /** For the guest's random numbers. */
  readonly entropy: Uint8Array;
}

/** Lines to be typed to a guest that has printed READY. */
export function sessionJob({ command, windowSize, seconds, entropy }: SessionJob): string {
  const size = windowSize ? `stty rows ${windowSize.rows} columns ${windowSize.columns};` : '';
  const octal = Array.from(entropy, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const fresh = `printf '${octal}' >/dev/urandom; date -u -s @${seconds} >/dev/null; ${size}`;
  const job = fresh + (command ? commandJob(command.nonce, command.words, command.onPort) : SHELL_JOB);
  const lines: string[] = [];
  for (let at = 0; at < job.length; at += JOB_LINE) lines.push(job.slice(at, at + JOB_LINE));
  return [...lines, JOB_END, ''].join('\n');
}

const SHELL_JOB =
  'stty onlcr echo; echo; echo "wemu: $(uname -srm); \'poweroff -f\' or Ctrl-A x to leave, Ctrl-A h for help"; echo; ' +
  'while true; do setsid -c sh -l </dev/console >/dev/console 2>&1; done';

/** As commandInit, in one line. A kernel that has no such port says it all on the console. */
function commandJob(nonce: string, words: readonly string[], onPort: boolean): string {
  const framed =
    `printf '[wemu-begin %s]\\n' '${nonce}'; setsid ${words.map(quoteTyped).join(' ')} </.stdin; status=$?; ` +
    `printf '\\n[wemu-end %s %d]\\n' '${nonce}' "$status"`;
  const output = onPort ? `[ -c ${OUTPUT_FILE} ] || ln -s console ${OUTPUT_FILE}; { ${framed}; } >${OUTPUT_FILE} 2>&1` : framed;
  return `echo '${nonce}' >/.nonce; ${output}; poweroff -f`;
}

/** A word for sh, whatever is in it, without a character that a terminal gives a meaning. */
function quoteTyped(word: string): string {
  if (/^[ -~]*$/.test(word)) return quote(word);
  const bytes = Array.from(new TextEncoder().encode(word), (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
  );
  return `$'${bytes.join('')}'`;
}

const scriptInit = (script: string): string => `${MOUNTS}
stty -onlcr </dev/console
${script}
poweroff -f
`;

function initScript({ command, nonce = '', script, session, windowSize }: Omit<InitramfsOptions, 'busybox' | 'files' | 'modules'>): string {
  if (session) return sessionInit;
  if (script !== undefined) return scriptInit(script);
  return command ? commandInit(nonce, command, windowSize) : shellInit(windowSize);
}

/** A word for sh, whatever is in it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The uncompressed cpio archives for -initrd. */
export function buildInitramfs({ busybox, files = [], modules, ...init }: InitramfsOptions): Uint8Array {
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp'].map((path) => directory(path)),
    charDevice('dev/console', 5, 1),
    charDevice('dev/null', 1, 3, 0o666),
    file('bin/busybox', busybox, 0o755),
    symlink('bin/sh', 'busybox'),
    file('etc/passwd', 'root::0:0:root:/root:/bin/sh\n'),
    file('etc/group', 'root:x:0:\n'),
    file('etc/profile', `PS1='\\w # '\n`),
    ...files,
    file('init', initScript(init), 0o755),
  ];
  const archive = cpioArchive(entries);
  // The kernel takes archives one behind the other.
  return modules ? Buffer.concat([archive, modules]) : archive;
}
