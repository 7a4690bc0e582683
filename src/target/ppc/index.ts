import type { Target } from '../translator.js';
import type { PpcConfig } from './config.js';
import { PpcFrontend } from './translate.js';

export const ppcTarget: Target = { name: 'ppc', createFrontend: (config) => new PpcFrontend(config as PpcConfig) };
