// Runs scripts of package.json at the same time, each in a process of its own: side-by-side.js NAME...; the status is 1 if one of them fails.
import { spawn } from 'node:child_process';

const run = (name) =>
  new Promise((resolve) =>
    spawn('npm', ['run', '--silent', name], { stdio: 'inherit' })
      .on('error', (error) => {
        console.error(`${name}: ${error.message}`);
        resolve(1);
      })
      .on('close', (code) => {
        if (code !== 0) console.error(`npm run ${name} failed`);
        resolve(code);
      }),
  );
const codes = await Promise.all(process.argv.slice(2).map(run));
if (codes.some((code) => code !== 0)) process.exitCode = 1;
