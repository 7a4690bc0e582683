/** `-plugin FILE` on Node: a module of the user's, in JavaScript or TypeScript, or one that comes with wemu by its name. */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkPlugin, parsePlugin, pluginHelp } from '../plugin/arguments.js';
import type { Plugin } from '../plugin/api.js';
import type { PluginUse } from '../plugin/host.js';
import { errorMessage, isUserError, OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import { reason } from './image-file.js';
import { loadOptional } from './optional.js';

/** Those of src/plugins. */
export const PLUGIN_NAMES = ['cache', 'coverage', 'execlog', 'flamegraph', 'hotblocks', 'insn', 'syscalls'] as const;

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

/** What `-plugin` texts ask for; a text: help, for standard output. @throws OptionError */
export async function loadPlugins(texts: readonly string[]): Promise<PluginUse[] | string> {
  const choices = texts.map(parsePlugin);
  if (choices.some(({ file }) => file === 'help' || file === '?'))
    return `Plugins that come with wemu (-plugin NAME,help tells of one; else a file):\n${PLUGIN_NAMES.map((name) => `${name}\n`).join('')}`;
  const uses: PluginUse[] = [];
  let help = '';
  for (const { file, args, wantsHelp, where } of choices) {
    const plugin = await loadPlugin(file, `-plugin ${file}`);
    if (wantsHelp) help += pluginHelp(plugin);
    else uses.push({ plugin, args, where });
  }
  return help === '' ? uses : help;
}

async function loadPlugin(file: string, where: string): Promise<Plugin> {
  const isShort = (PLUGIN_NAMES as readonly string[]).includes(file);
  if (isShort) return ((await import(new URL(`../plugins/${file}.js`, import.meta.url).href)) as { default: Plugin }).default;
  try {
    return checkPlugin(((await loadFile(file, where)) as { default?: unknown }).default, where);
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new OptionError(errorMessage(error).split('\n')[0], where); // its own code has thrown
  }
}

/** A function of its own: where a bundler has taken `url` apart, it can make nothing of it. */
async function importUrl(url: string): Promise<unknown> {
  let tell = (): void => {};
  const nothingLeft = new Promise<never>((_, reject) => (tell = () => reject(new Error('the module waits for what never comes'))));
  process.once('beforeExit', tell);
  try {
    return await Promise.race([import(url), nothingLeft]);
  } finally {
    process.off('beforeExit', tell);
  }
}

/** False: there is none. @throws OptionError if nobody can look */
function isFile(path: string, where: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch (error) {
    throw new OptionError(`cannot read '${path}': ${reason(error)}`, where);
  }
}

async function loadFile(file: string, where: string): Promise<unknown> {
  const extension = extname(file);
  if (!isFile(file, where)) {
    const hint = /[/\\.]/.test(file) ? '' : didYouMean(file, PLUGIN_NAMES) || "; '-plugin help' lists those that come with wemu";
    throw new OptionError(`no such file${hint}`, where);
  }
  if (!EXTENSIONS.includes(extension))
    throw new OptionError(`a plugin is JavaScript or TypeScript`, where, `a file ${EXTENSIONS.join(', ')}`);
  const path = resolve(file);
  const isTypeScript = extension === '.ts' || extension === '.mts';
  // Node has it from 22.18 on.
  const isNative = (process.features as { typescript?: string | false }).typescript;
  return importUrl(isTypeScript && !isNative ? await compiled(path, where) : pathToFileURL(path).href);
}

/** With the modules that it imports, as a URL that has all of it. */
async function compiled(path: string, where: string): Promise<string> {
  const esbuild = await loadOptional(['esbuild'], () => import('esbuild')).catch((error: unknown) => {
    throw error instanceof OptionError ? error.at(where) : error;
  });
  const { outputFiles } = await esbuild.build({
    ...{ entryPoints: [path], bundle: true, format: 'esm', platform: 'node', write: false, logLevel: 'silent' },
    external: ['wemu', 'wemu/*'],
  });
  return `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
}
