import { useEffect, useState } from 'preact/hooks';
import type { KeptFile, KeptFiles } from '../../src/browser/kept-files.js';
import { hasDebian, placeOf, type Files } from './machines.js';
import { CPIOM_ROLES, MEMORY_SIZES, OWN_ROLES, PRESET_NAMES, PRESETS, ROLES, STRATEGIES } from './settings.js';
import type { Preset, Role, Settings, Strategy } from './settings.js';

interface SetupProps {
  readonly settings: Settings;
  readonly change: (more: Partial<Settings>) => void;
  readonly files: Files;
  readonly setFiles: (files: Files) => void;
  readonly start: () => void;
  readonly kept: KeptFiles;
  readonly canRun: boolean;
}

export function Setup({ settings, change, files, setFiles, start, kept, canRun }: SetupProps) {
  const [debian, setDebian] = useState(true);
  const [isOver, setOver] = useState(false);
  useEffect(() => void hasDebian().then(setDebian), []);

  const take = async (list: FileList | undefined): Promise<void> => {
    const found = await Promise.all([...(list ?? [])].map(async (file) => ({ file, ...(await placeOf(file)) })));
    if (found.length === 0) return;
    setFiles({ ...files, ...Object.fromEntries(found.map(({ role, file }) => [role, file])) });
    choose(found[0].preset);
  };
  const choose = (preset: Preset): void => {
    if (preset !== settings.preset) change({ preset, memory: PRESETS[preset].memory });
  };
  const { bare: isBare } = PRESETS[settings.preset];
  const unavailable = settings.preset === 'debian' && !debian;

  return (
    <form
      class={isOver ? 'panel setup over' : 'panel setup'}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer?.files);
      }}
    >
      <h2>A virtual machine in this page</h2>
      <p>Nothing is installed, and nothing leaves this computer. Choose a machine, or drop files of your own here.</p>
      <fieldset>
        <legend>Machine</legend>
        {PRESET_NAMES.map((preset) => (
          <label key={preset} class="choice">
            <input type="radio" name="preset" value={preset} checked={settings.preset === preset} onChange={() => choose(preset)} />
            {PRESETS[preset].label}
          </label>
        ))}
      </fieldset>
      {unavailable && <p role="note">This site was made without Debian's files: `npm run web:files` fetches them.</p>}
      {settings.preset === 'own' && <OwnFiles roles={OWN_ROLES} {...{ files, setFiles, settings, change }} />}
      {settings.preset === 'cpiom' && <OwnFiles roles={CPIOM_ROLES} {...{ files, setFiles, settings, change }} />}
      {settings.preset === '40p' && (
        <>
          <OwnFiles roles={['bios']} {...{ files, setFiles, settings, change }} />
          <p>
            Debian has OpenBIOS in the package qemu-system-data: <code>/usr/share/qemu/openbios-ppc</code>.
          </p>
        </>
      )}
      <div class="fields">
        <label>
          Memory
          <select value={settings.memory} onChange={(event) => change({ memory: event.currentTarget.value })}>
            {[...new Set([...MEMORY_SIZES, settings.memory])].map((size) => (
              <option key={size}>{size}</option>
            ))}
          </select>
        </label>
        {!isBare && (
          <label>
            CPUs
            <select value={settings.smp} onChange={(event) => change({ smp: event.currentTarget.value })}>
              {['1', '2', '4'].map((count) => (
                <option key={count}>{count}</option>
              ))}
            </select>
          </label>
        )}
        <label>
          CPU
          <input
            value={settings.cpu}
            placeholder="default"
            spellcheck={false}
            onInput={(event) => change({ cpu: event.currentTarget.value })}
          />
        </label>
        <label>
          Execution
          <select value={settings.strategy} onChange={(event) => change({ strategy: event.currentTarget.value as Strategy })}>
            {Object.entries(STRATEGIES).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {!isBare && (
          <label class="wide">
            Kernel command line
            <input value={settings.append} spellcheck={false} onInput={(event) => change({ append: event.currentTarget.value })} />
          </label>
        )}
      </div>
      <Saved kept={kept} settings={settings} change={change} />
      <p>
        <button class="primary" disabled={!canRun || unavailable}>
          Start
        </button>
      </p>
    </form>
  );
}

interface FilesProps extends Pick<SetupProps, 'files' | 'setFiles' | 'settings' | 'change'> {
  readonly roles: readonly Role[];
}

function OwnFiles({ roles, files, setFiles, settings, change }: FilesProps) {
  const without = (role: Role): Files => Object.fromEntries(Object.entries(files).filter(([name]) => name !== role));
  return (
    <fieldset class="files">
      <legend>Files</legend>
      {roles.map((role) => (
        <div key={role} class="file">
          <label>
            {ROLES[role]}
            <input
              type="file"
              onChange={(event) => {
                const [file] = event.currentTarget.files ?? [];
                setFiles(file ? { ...files, [role]: file } : without(role));
              }}
            />
          </label>
          <label>
            <span>or its address</span>
            <input
              type="text"
              inputMode="url"
              value={settings.urls[role] ?? ''}
              aria-label={`Address of: ${ROLES[role]}`}
              spellcheck={false}
              onInput={(event) => change({ urls: { ...settings.urls, [role]: event.currentTarget.value } })}
            />
          </label>
          {files[role] && <output>{files[role].name}</output>}
        </div>
      ))}
    </fieldset>
  );
}

/** Snapshots that this site keeps: the machine goes on from one. */
function Saved({ kept, settings, change }: Pick<SetupProps, 'kept' | 'settings' | 'change'>) {
  const [list, setList] = useState<readonly KeptFile[]>([]);
  const look = (): void => void kept.list().then(setList, () => setList([])); // a private window keeps none
  useEffect(look, []);
  if (list.length === 0 && settings.saved === '') return null;
  const names = [...new Set([...list.map(({ name }) => name), ...(settings.saved ? [settings.saved] : [])])];
  return (
    <div class="fields">
      <label class="wide">
        Go on from a snapshot
        <select value={settings.saved} onChange={(event) => change({ saved: event.currentTarget.value })}>
          <option value="">no: boot</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {settings.saved !== '' && (
        <button
          type="button"
          onClick={() => {
            void kept.delete(settings.saved).then(look);
            change({ saved: '' });
          }}
        >
          Delete it
        </button>
      )}
    </div>
  );
}
