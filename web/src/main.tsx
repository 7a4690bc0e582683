import '@xterm/xterm/css/xterm.css';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { render } from 'preact';
import { registerIsolation } from '../../src/browser/isolation.js';
import { missingFeatures } from '../../src/browser/worker-host.js';
import { App } from './app.js';
import { Session } from './session.js';

const root = document.getElementById('app')!;
// Where the server sends the headers, this is no more than a question.
if (import.meta.env.PROD) await registerIsolation(new URL('service-worker.js', document.baseURI));
const session = Session.open();
// for programs that work the page: docs/web.md
Object.assign(globalThis, { wemu: session });
render(<App session={session} canRun={missingFeatures().length === 0} />, root);
