import { it } from 'vitest';
import * as layout from '../../../assembly/shared/layout.js';
import { BareEngine } from '../../../tests/support/engine.js';
import { evalIr } from '../../../tests/support/ir-eval.js';
import { RANDOM_GLOBALS } from '../../../tests/support/ir-random.js';
import { OPS } from '../opcodes.js';
import { parseIr } from '../text.js';
it('each', () => {
  const m = new BareEngine();
  const vals = [0n, 1n, 0xffffffffffffffffn, 0x80000000n, 0xffffffff80000000n, 0x7fffffffn, 0x8000000000000000n, 0x123456789abcdef0n, 0xfedcba98n, 33n];
  const seen = new Map<string, string>();
  for (const op of OPS) {
    if (!/^o/.test(op.signature) || /m|^on$/.test(op.signature)) continue;
    const kinds = [...op.signature]; const types = op.types; let ti = 0;
    const pre: string[] = [], post: string[] = [], args: string[] = []; let in_ = 2, out = 1;
    if (op.name === 'discard') continue;
    for (const k of kinds) {
      if (k === 'o') { const t = types[ti++]; if (t === 'I') args.push('r' + out); else { args.push('i32:tmpo' + out); post.push(`extu_i32_i64 r${out}, i32:tmpo${out}`); } out = out === 1 ? 8 : 9; }
      else if (k === 'i') { const t = types[ti++]; if (t === 'I') args.push('r' + in_); else { pre.push(`extrl_i64_i32 T${in_}, r${in_}`); args.push('T' + in_); } in_++; }
      else if (k === 'c') args.push(process.env.CC ?? 'lt');
      else if (k === 'n') args.push(args.includes('3') ? '7' : '3');
    }
    let n = 0; const names = new Map<string, string>();
    const fix = (s: string) => s.replace(/(i32:tmpo\d|T\d)/g, (x) => { if (!names.has(x)) names.set(x, 'tmp' + n++); return names.get(x)!; });
    const text = fix([...pre, `${op.name} ${args.join(', ')}`, ...post, 'goto_ptr'].join('; '));
    let ctx; try { ctx = parseIr(text, RANDOM_GLOBALS, []); } catch (e) { console.log('PARSE', text, String(e).slice(0, 100)); continue; }
    for (const a of vals) for (const b of vals) {
      const st = { globals: [0n, 5n, a, b, a ^ b, 7n, 9n, 11n, 13n], memory: new Uint8Array(16), env: new Uint8Array(4096) };
      st.globals.forEach((v, i) => m.set64(RANDOM_GLOBALS[i].offset, v));
      try { evalIr(ctx, st); } catch { continue; }
      m.runtime.exports.tbFlushAll(); m.set32(layout.ENV_BUDGET, 10);
      const tb = m.makeTb(ctx); m.runtime.exports.tciExec(m.env, tb);
      for (const g of [1, 8]) { const got = m.get64(RANDOM_GLOBALS[g].offset); if (got !== st.globals[g] && !seen.has(op.name)) { seen.set(op.name, `${text}  r${g} a=${a.toString(16)} b=${b.toString(16)} got ${got.toString(16)} want ${st.globals[g].toString(16)}`); } }
    }
  }
  console.log([...seen.values()].join('\n'));
});
