/** Lines of wemu's own, as QEMU's error_report has them: `-msg` puts the time, and the guest's name, before each. */

/** What each begins with. */
const NAME = 'wemu: ';

let prefix: () => string = () => '';

/** `-msg`: from now on. `guestName` is what `-name` says. */
export function setMessagePrefix({ timestamp, guestName }: { readonly timestamp: boolean; readonly guestName?: string }): void {
  const name = guestName === undefined ? '' : `${guestName} `;
  prefix = () => (timestamp ? `${timeText()} ${name}` : name);
}

/** UTC, to the microsecond: 2026-01-31T12:00:00.123456Z. */
function timeText(): string {
  const now = performance.timeOrigin + performance.now();
  const microseconds = Math.floor((now % 1) * 1000);
  return new Date(now).toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}

/** The line that says so. */
export const message = (text: string): string => `${prefix()}${NAME}${text}\n`;

/** Of a log: what is a message in it. */
export const logged = (text: string): string => (text.startsWith(NAME) ? prefix() + text : text);
