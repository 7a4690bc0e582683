/** Of vite.config.ts. */
declare const WEMU_VERSION: string;
declare const WEMU_BUILD: string;
