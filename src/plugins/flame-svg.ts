/** A flame graph as one SVG file, which a browser opens: a box a function, as wide as its share; what it is, is its tooltip. */
import { totalOf, type Frame } from './call-stack.js';

const WIDTH = 1200;
const ROW = 17;
/** Narrower boxes are left out. */
const NARROWEST = 0.3;
/** Of a letter of 12 px, about. */
const LETTER = 7;

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!);

/** Warm, and the same for the same name. */
function colour(name: string): string {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
  return `hsl(${hash % 50},${65 + ((hash >>> 8) % 30)}%,${60 + ((hash >>> 16) % 12)}%)`;
}

export function flameSvg(root: Frame, title: string): string {
  const all = totalOf(root);
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (frame: Frame, x: number, depth: number): void => {
    const count = totalOf(frame);
    const width = (WIDTH * count) / Math.max(all, 1);
    if (width < NARROWEST) return;
    deepest = Math.max(deepest, depth);
    const share = ((100 * count) / Math.max(all, 1)).toFixed(2);
    const letters = Math.floor((width - 6) / LETTER);
    const name = frame.name.length <= letters ? frame.name : `${frame.name.slice(0, Math.max(letters - 2, 0))}..`;
    const text = letters >= 3 ? `<text x="${(x + 3).toFixed(1)}" y="${depth * ROW + 12}">${escape(name)}</text>` : '';
    boxes.push(
      `<g><title>${escape(frame.name)} (${count} instructions, ${share}%)</title>` +
        `<rect x="${x.toFixed(1)}" y="${depth * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colour(frame.name)}" rx="1"/>${text}</g>\n`,
    );
    let at = x;
    for (const child of [...frame.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      draw(child, at, depth + 1);
      at += (WIDTH * totalOf(child)) / Math.max(all, 1);
    }
  };
  draw(root, 0, 1);
  const height = (deepest + 2) * ROW;
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="monospace" font-size="12">\n<rect width="100%" height="100%" fill="#fffbe8"/>\n<text x="3" y="13">${escape(title)}</text>\n${boxes.join('')}</svg>\n`
  );
}
