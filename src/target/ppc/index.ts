import type { Target } from '../translator.js';
import { PpcFrontend } from './translate.js';

export const ppcTarget: Target = { name: 'ppc', createFrontend: () => new PpcFrontend() };
