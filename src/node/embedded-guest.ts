import { join } from 'node:path';
import { packageFolder } from './modules.js';

/** Path of the ELF file of our own bare-metal guest, which comes with the package. */
export const embeddedGuestPath = (): string => join(packageFolder(), 'guests', 'embedded.elf');
