/** Packages that wemu uses and does not install: few want what they do, and they are many (package.json's peerDependencies). */
import { OptionError } from '../util/errors.js';

/** What `load` imports, of `packages` or using them. @throws OptionError if one is not installed: how to get it */
export async function loadOptional<T>(packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !packages.some((name) => message.includes(`'${name}'`))) throw error;
    throw new OptionError(`this needs ${packages.join(' and ')}, which wemu does not install: npm install ${packages.join(' ')}`);
  }
}
