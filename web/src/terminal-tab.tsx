import { useEffect, useRef, useState } from 'preact/hooks';
import { GuestTerminal, type TerminalLine } from '../../src/element/terminal.js';

interface TerminalProps {
  readonly line: TerminalLine;
  readonly label: string;
  readonly dark: boolean;
  readonly shown: boolean;
  /** Where the focus goes with Ctrl+Shift+Up: Tab is the guest's. */
  readonly leave: () => void;
}

export function TerminalTab({ line, label, dark, shown, leave }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null);
  const [terminal, setTerminal] = useState<GuestTerminal>();
  const [wanted, setWanted] = useState('');
  const [isMissing, setMissing] = useState(false);

  useEffect(() => {
    let opened: GuestTerminal | undefined;
    let isOver = false;
    void GuestTerminal.open(box.current!, { dark, label, leave }).then((made) => {
      if (isOver) return made.close();
      opened = made;
      made.join(line);
      setTerminal(made);
      // for whoever works the page from outside
      (box.current as HTMLDivElement & { terminal?: GuestTerminal }).terminal = made;
    });
    return () => {
      isOver = true;
      opened?.close();
    };
  }, []);
  useEffect(() => {
    if (terminal) terminal.dark = dark;
  }, [terminal, dark]);
  useEffect(() => {
    if (shown) terminal?.terminal.focus();
  }, [terminal, shown]);

  const find = (backwards = false): void => setMissing(wanted !== '' && terminal !== undefined && !terminal.find(wanted, backwards));
  return (
    <>
      <div class="screen" ref={box} />
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          find();
        }}
      >
        <label>
          <span class="hidden">Search in the terminal</span>
          <input type="search" placeholder="Search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
        </label>
        <button type="button" onClick={() => find(true)}>
          Previous
        </button>
        <button>Next</button>
        <span role="status">{isMissing ? 'not found' : ''}</span>
        <small>Ctrl+Shift+C and V copy and paste. Ctrl+Shift+Up leaves the terminal.</small>
      </form>
    </>
  );
}
