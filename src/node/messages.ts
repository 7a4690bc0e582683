/** What wemu has to say to its user. */
import { message } from '../util/messages.js';

/** On standard error. */
export const tell = (text: string): void => void process.stderr.write(message(text));
