import '@xterm/xterm/css/xterm.css';
import '../../src/element/index.js';
import { registerIsolation } from '../../src/browser/isolation.js';

if (import.meta.env.PROD) await registerIsolation(new URL('service-worker.js', document.baseURI));
