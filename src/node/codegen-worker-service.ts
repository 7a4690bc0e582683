/** What the codegen worker loads once V8's flags are set: all of the translator's second half, and binaryen. */
export { CodegenService, lacksFunction } from '../accel/tcg/codegen/worker-service.js';
export { loadIsa } from '../load-isas.js';
