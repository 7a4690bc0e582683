/** `wemu/plugin`: what a plugin's file imports. */
export * from './api.js';
export { PluginError } from '../util/errors.js';
