import '../style.css';
import { render } from 'preact';
import { registerIsolation } from '../../../src/browser/isolation.js';
import { Laboratory } from './laboratory.js';
import { LabPage } from './page.js';

if (import.meta.env.PROD) await registerIsolation(new URL('service-worker.js', document.baseURI));
const laboratory = new Laboratory();
// for programs that work the page: bench/web
Object.assign(globalThis, { laboratory });
render(<LabPage laboratory={laboratory} />, document.getElementById('app')!);
