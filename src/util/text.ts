/** Text of others in our own messages: symbol names, strings of images, what a user typed. */

// eslint-disable-next-line no-control-regex -- control characters are the point: C0, DEL, C1, and those that only arrange text
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Control characters as `\xNN` or `\uNNNN`: a terminal must not obey them. `keep`: characters that are left (line ends). */
export function printable(text: string, keep = ''): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (keep.includes(character)) return character;
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Bytes as text, one character each. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x1000) text += String.fromCharCode(...bytes.subarray(at, at + 0x1000));
  return text;
}
