/** Vega-Lite specifications to SVG, by Vega, without a window. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export async function drawSvg(spec: object): Promise<string> {
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
