import { useState } from 'preact/hooks';
import type { Session } from './session.js';
import type { Settings } from './settings.js';

interface ToolbarProps {
  readonly session: Session;
  readonly settings: Settings;
  readonly close: () => void;
}

export function Toolbar({ session, settings, close }: ToolbarProps) {
  const [name, setName] = useState<string>(settings.saved || settings.preset);
  const { phase, busy } = session;
  const isBusy = busy !== undefined;
  return (
    <div class="toolbar" role="toolbar" aria-label="Machine">
      {phase === 'paused' ? (
        <button onClick={() => void session.resume()} disabled={isBusy}>
          Resume
        </button>
      ) : (
        <button onClick={() => void session.pause()} disabled={phase !== 'running' || isBusy}>
          Pause
        </button>
      )}
      <button onClick={() => void session.reset()} disabled={isBusy}>
        Reset
      </button>
      <span class="group">
        <label>
          <span class="hidden">Name of the snapshot</span>
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} size={10} spellcheck={false} />
        </label>
        <button onClick={() => void session.save(name)} disabled={isBusy || name === ''}>
          Save
        </button>
        <button onClick={() => void session.restore(name)} disabled={isBusy || name === ''}>
          Restore
        </button>
        <button onClick={() => void session.download(name)} disabled={isBusy || name === ''}>
          Download
        </button>
        <label class="button">
          Upload
          <input
            type="file"
            accept=".wemusnap"
            disabled={isBusy}
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file) void session.load(file);
              event.currentTarget.value = '';
            }}
          />
        </label>
      </span>
      <button onClick={close}>Close</button>
      <span class="status" role="status" data-phase={phase}>
        {busy || (phase === 'ended' ? `ended: ${session.ending}` : phase)}
      </span>
    </div>
  );
}
