/** What wemu has to say to its user. */
import { message } from '../util/messages.js';
import { printable } from '../util/text.js';

/** One line on standard error: a line end is part of what a user gave, and told as such. */
export const tell = (text: string): void => void process.stderr.write(message(printable(text)));
/** Text that has lines of its own. */
export const tellLines = (text: string): void => void process.stderr.write(message(printable(text, '\n')));
