import { useRef, useState } from 'preact/hooks';
import { charts } from '../../../src/lab/charts.js';
import { htmlReport } from '../../../src/lab/html.js';
import { formatResults, type Results } from '../../../src/lab/report.js';
import { GROUPS, WORKLOADS } from '../../../src/lab/workloads.js';
import { errorMessage } from '../../../src/util/errors.js';
import { checkedWorkloads, PAGE_STRATEGIES, type Laboratory, type PageStrategy } from './laboratory.js';

interface Drawn {
  readonly title: string;
  readonly text: string;
  readonly svg: string;
}

/** Vega comes when there is something to draw. */
async function draw(spec: object): Promise<string> {
  const { drawSvg } = await import('../../../src/lab/draw.js');
  return drawSvg(spec);
}

function download(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Groups and workloads that a page can run. */
const NAMES = [...Object.keys(GROUPS), ...Object.keys(WORKLOADS)].filter((name) => name !== 'all' && checkedWorkloads([name]).length > 0);
const STRATEGY_NAMES = Object.keys(PAGE_STRATEGIES) as PageStrategy[];

export function LabPage({ laboratory }: { laboratory: Laboratory }) {
  const [workload, setWorkload] = useState('bare-metal');
  const [strategies, setStrategies] = useState<readonly PageStrategy[]>(['region-opt']);
  const [rounds, setRounds] = useState(3);
  const [seconds, setSeconds] = useState(1);
  const [step, setStep] = useState<{ readonly done: number; readonly text: string }>();
  const [results, setResults] = useState<Results>();
  const [drawn, setDrawn] = useState<readonly Drawn[]>([]);
  const [problem, setProblem] = useState('');
  const abort = useRef<AbortController>(undefined);

  const run = async (): Promise<void> => {
    abort.current = new AbortController();
    setProblem('');
    setResults(undefined);
    setDrawn([]);
    try {
      const options = { strategies, workloads: [workload], rounds, seconds };
      const found = await laboratory.run(options, (done, text) => setStep({ done, text }), abort.current.signal);
      setResults(found);
      const list = [];
      for (const { title, text, spec } of charts(found)) list.push({ title, text, svg: await draw(spec) });
      setDrawn(list);
    } catch (error) {
      setProblem(errorMessage(error));
    }
    setStep(undefined);
  };
  const toggle = (name: PageStrategy): void =>
    setStrategies((before) => STRATEGY_NAMES.filter((each) => before.includes(each) !== (each === name)));
  const number = (set: (value: number) => void, least: number) => (event: Event) =>
    set(Math.max(least, Number((event.target as HTMLInputElement).value) || least));

  return (
    <>
      <header>
        <h1>wemu laboratory</h1>
      </header>
      <main class="lab">
        <p>
          Kernels of wemu's embedded guest in this browser, a machine a run. Node's are measured by <code>wemu bench</code>.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void run();
          }}
        >
          <div class="fields">
            <label>
              Workload
              <select value={workload} onChange={(event) => setWorkload(event.currentTarget.value)}>
                {NAMES.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label>
              Rounds
              <input type="number" min="1" max="99" value={rounds} onChange={number(setRounds, 1)} />
            </label>
            <label>
              Seconds that QEMU would need
              <input type="number" min="0.01" step="0.01" value={seconds} onChange={number(setSeconds, 0.01)} />
            </label>
          </div>
          <fieldset>
            <legend>Strategies</legend>
            {STRATEGY_NAMES.map((name) => (
              <label key={name} class="choice">
                <input type="checkbox" checked={strategies.includes(name)} onChange={() => toggle(name)} /> {name}
              </label>
            ))}
          </fieldset>
          <button class="primary" disabled={step !== undefined || strategies.length === 0}>
            Measure
          </button>{' '}
          {step && (
            <button type="button" onClick={() => abort.current?.abort()}>
              Stop
            </button>
          )}
        </form>
        <p role="status">
          {step && (
            <>
              <progress value={step.done} aria-label="measured" /> {step.text}
            </>
          )}
        </p>
        {problem && (
          <p role="alert" class="problem">
            {problem}
          </p>
        )}
        {results && <Report results={results} drawn={drawn} />}
      </main>
    </>
  );
}

function Report({ results, drawn }: { results: Results; drawn: readonly Drawn[] }) {
  return (
    <>
      <p>
        <button onClick={() => download('results.json', 'application/json', JSON.stringify(results, null, 1))}>
          Download results.json
        </button>{' '}
        <button onClick={() => void htmlReport(results, draw).then((text) => download('report.html', 'text/html', text))}>
          Download report.html
        </button>
      </p>
      {drawn.map(({ title, text, svg }) => (
        <figure key={title}>
          <figcaption>
            {title}. {text}
          </figcaption>
          {/* Vega's, of our own numbers. */}
          <div role="img" tabIndex={0} aria-label={title} class="chart" dangerouslySetInnerHTML={{ __html: svg }} />
        </figure>
      ))}
      <h2>Numbers</h2>
      <pre tabIndex={0}>{formatResults(results)}</pre>
    </>
  );
}
