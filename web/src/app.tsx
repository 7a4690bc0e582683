import { useEffect, useRef, useState } from 'preact/hooks';
import { CodeTab } from './code-tab.js';
import { DebuggerTab } from './debugger-tab.js';
import { useDark, useSession } from './hooks.js';
import type { Files } from './machines.js';
import { ProblemPanel, ProgressPanel } from './panels.js';
import type { Session } from './session.js';
import { readAddress, TABS, writeAddress, type Settings, type Tab } from './settings.js';
import { Setup } from './setup.js';
import { StatisticsTab } from './statistics-tab.js';
import { TerminalTab } from './terminal-tab.js';
import { Toolbar } from './toolbar.js';

const LABELS: Readonly<Record<Tab, string>> = {
  terminal: 'Terminal',
  monitor: 'Monitor',
  debugger: 'Debugger',
  code: 'Code',
  statistics: 'Statistics',
};

export function App({ session, canRun }: { session: Session; canRun: boolean }) {
  useSession(session);
  const [settings, setSettings] = useState<Settings>(() => readAddress(location.search));
  const [files, setFiles] = useState<Files>({});
  const dark = useDark();
  useEffect(() => history.replaceState(null, '', writeAddress(settings)), [settings]);
  useEffect(() => {
    if (settings.run && canRun) void session.start(settings, files);
  }, []);

  const change = (more: Partial<Settings>): void => setSettings((before) => ({ ...before, ...more }));
  const start = (): void => {
    change({ run: true, tab: 'terminal' });
    void session.start(settings, files);
  };
  const close = (): void => {
    change({ run: false, saved: '' });
    void session.close();
  };

  const { phase, machine } = session;
  return (
    <>
      <header>
        <h1>wemu</h1>
        {machine && <Toolbar session={session} settings={settings} close={close} />}
      </header>
      <main>
        {session.problem && <ProblemPanel problem={session.problem} dismiss={() => session.dismiss()} />}
        {phase === 'loading' && <ProgressPanel progress={session.progress} cancel={close} />}
        {!machine && phase !== 'loading' && (
          <Setup settings={settings} change={change} files={files} setFiles={setFiles} start={start} kept={session.kept} canRun={canRun} />
        )}
        {machine && <Tabs session={session} dark={dark} tab={settings.tab} select={(tab) => change({ tab })} />}
      </main>
    </>
  );
}

interface TabsProps {
  readonly session: Session;
  readonly dark: boolean;
  readonly tab: Tab;
  readonly select: (tab: Tab) => void;
}

function Tabs({ session, dark, tab, select }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const focusTab = (): void => list.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus();
  /** As the ARIA Authoring Practices have tabs: arrows go round, Home and End to the ends. */
  const key = (event: KeyboardEvent): void => {
    const at = TABS.indexOf(tab);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    select(TABS[(next + TABS.length) % TABS.length]);
    requestAnimationFrame(focusTab);
  };
  const machine = session.machine!;
  const serial = {
    onOutput: (listener: (bytes: Uint8Array) => void) => machine.onOutput(listener),
    type: (bytes: Uint8Array) => machine.type(bytes),
  };
  return (
    <>
      <div role="tablist" aria-label="Views of the machine" ref={list} onKeyDown={key}>
        {TABS.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            role="tab"
            aria-selected={name === tab}
            aria-controls={`panel-${name}`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => select(name)}
          >
            {LABELS[name]}
          </button>
        ))}
      </div>
      {TABS.map((name) => (
        <section
          key={name}
          id={`panel-${name}`}
          role="tabpanel"
          aria-labelledby={`tab-${name}`}
          hidden={name !== tab}
          class={`view-${name}`}
        >
          {/* Terminals stay: what is on them would be lost. */}
          {name === 'terminal' && (
            <TerminalTab key={machine} line={serial} dark={dark} label="Console of the machine" shown={name === tab} leave={focusTab} />
          )}
          {name === 'monitor' && (
            <TerminalTab key={machine} line={machine.monitor} dark={dark} label="QEMU monitor" shown={name === tab} leave={focusTab} />
          )}
          {name === 'debugger' && name === tab && <DebuggerTab session={session} />}
          {name === 'code' && name === tab && <CodeTab session={session} />}
          {name === 'statistics' && name === tab && <StatisticsTab session={session} dark={dark} />}
        </section>
      ))}
    </>
  );
}
