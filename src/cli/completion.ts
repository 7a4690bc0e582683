/** `wemu completion bash|zsh`: a script for the shell, made from the tables of options. */
import type { Command, Option } from 'commander';
import { DeviceState } from '../hw/core/device.js';
import { PLUGIN_NAMES } from '../node/plugin-loader.js';
import { traceEventNames } from '../util/trace.js';
import { createNodeHost } from '../node/host.js';
import { BACKEND_NAMES } from '../system/chardev-options.js';
import { creatableObjects } from '../system/object-options.js';
import { OptionError } from '../util/errors.js';
import { LOG_ITEMS } from '../util/log.js';
import { ROWS, type Row, type WordList } from './arguments.js';

/** Its own name, which the shell's follows. */
const COMMAND = 'completion';
export const SHELLS = ['bash', 'zsh'] as const;

/** What a shell completes after a command: options, and what may follow them. */
interface Completed {
  readonly command: string;
  readonly options: readonly {
    readonly names: readonly string[];
    readonly help: string;
    /** Undefined: it takes no argument. */
    readonly argument?: { readonly words: readonly string[]; readonly isFile: boolean };
  }[];
}

/** @throws OptionError if it is no shell of these */
export async function completionScript(shell: string, program: Command): Promise<string> {
  const write = { bash: bashScript, zsh: zshScript }[shell];
  if (!write) throw new OptionError(`unknown shell '${shell}'`, 'completion', SHELLS.join(' or '));
  const lists = await wordLists();
  const commands = [program, ...program.commands].map((command): Completed => ({
    command: command === program ? '' : command.name(),
    options: command.options.map((option) => ({
      names: [option.short, option.long].flatMap((name) => name ?? []),
      help: option.description,
      argument: argumentOf(option, lists),
    })),
  }));
  const shells = { names: [COMMAND], help: '', argument: { words: SHELLS, isFile: false } };
  return write(commands.map((each) => (each.command === COMMAND ? { ...each, options: [...each.options, shells] } : each)));
}

/** Of all that can be made. */
async function wordLists(): Promise<Record<WordList, readonly string[]>> {
  const host = await createNodeHost({ backend: 'tci' });
  const { targets, machines, types } = host;
  host.close();
  return {
    machines: machines.names,
    cpus: targets.flatMap(({ cpuModels }) => cpuModels.list().map(({ name }) => name)),
    devices: types.list(DeviceState.type).flatMap(({ name, userCreatable }) => (userCreatable ? [name] : [])),
    objects: creatableObjects(types).map(({ name }) => name),
    chardevs: BACKEND_NAMES,
    'log-items': Object.keys(LOG_ITEMS),
    traces: traceEventNames(),
    plugins: PLUGIN_NAMES,
  };
}

/** Options of other commands have the words of their namesakes. */
function argumentOf({ flags, long, short }: Option, lists: Record<WordList, readonly string[]>) {
  const kind = /[<[](\w+)[>\]]/.exec(flags)?.[1];
  if (kind === undefined) return undefined;
  const row = (ROWS as readonly Row[]).find((each) => each.flags.split(/[ ,]+/).includes(long ?? short!));
  const words = typeof row?.words === 'string' ? ['help', ...lists[row.words]] : (row?.words ?? []);
  return { words, isFile: kind === 'file' };
}

/** As typed: with one dash, or with two. */
const spellings = ({ names }: Completed['options'][number]): string[] =>
  names.flatMap((name) => (name.startsWith('--') ? [name.slice(1), name] : [name]));
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `case` arms: what follows the option before the cursor. */
const arms = (commands: readonly Completed[], arm: (words: readonly string[], isFile: boolean) => string): string =>
  commands
    .flatMap(({ command, options }) =>
      options.flatMap((option) =>
        option.argument
          ? [
              `    ${spellings(option)
                .map((name) => quoted(`${command} ${name}`))
                .join('|')}) ${arm(option.argument.words, option.argument.isFile)} ;;`,
            ]
          : [],
      ),
    )
    .join('\n');

const commandNames = (commands: readonly Completed[]): string[] => commands.flatMap(({ command }) => (command === '' ? [] : [command]));

function bashScript(commands: readonly Completed[]): string {
  const names = commandNames(commands);
  const options = commands.map(({ command, options }) => {
    const own = options.flatMap(spellings);
    const [double, single] = [true, false].map((wanted) => own.filter((name) => name.startsWith('--') === wanted).join(' '));
    return `    ${quoted(command)}) words=${quoted(single)} double=${quoted(double)} ;;`;
  });
  return `# bash completion of wemu: source <(wemu completion bash)
_wemu() {
  local line=\${COMP_LINE:0:COMP_POINT} command= words= double= files= cur prev reply
  local -a typed
  read -ra typed <<< "$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  cur=\${typed[\${#typed[@]} - 1]}
  prev=\${typed[\${#typed[@]} - 2]}
  case \${typed[1]-} in ${names.join('|')}) [[ \${#typed[@]} -gt 2 ]] && command=\${typed[1]} ;; esac
  case "$command $prev" in
${arms(commands, (words, isFile) => `${words.length > 0 ? `words=${quoted(words.join(' '))} ` : ''}files=${isFile ? 'yes' : 'no'}`)}
  esac
  if [[ -z $files && $cur == -* ]]; then
    case $command in
${options.join('\n')}
    esac
    [[ $cur == --* ]] && words=$double
  elif [[ -z $files && \${#typed[@]} -eq 2 ]]; then
    words=${quoted(names.join(' '))}
  elif [[ -z $files ]]; then
    files=yes
  fi
  COMPREPLY=()
  # What bash takes for a word of its own ends at a colon.
  for reply in $(compgen -W "$words" -- "$cur"); do COMPREPLY+=("\${reply#"\${cur%"\${cur##*:}"}"}"); done
  [[ \${COMPREPLY[0]-} == *[:=] ]] && compopt -o nospace 2>/dev/null
  if [[ $files == yes ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -f -- "$cur")
  fi
}
complete -F _wemu wemu
`;
}

function zshScript(commands: readonly Completed[]): string {
  const names = commandNames(commands);
  const described = (option: Completed['options'][number]): string[] =>
    spellings(option).map((name) => `      ${quoted(`${name}:${option.help.replaceAll(':', '\\:')}`)}`);
  const options = commands.map(
    ({ command, options }) => `    ${quoted(command)}) options=(\n${options.flatMap(described).join('\n')}\n    ) ;;`,
  );
  return `#compdef wemu
# zsh completion of wemu: source <(wemu completion zsh), or as _wemu in a folder of fpath
_wemu() {
  local command= prev=\${words[CURRENT-1]}
  local -a options found
  case \${words[2]} in (${names.join('|')}) (( CURRENT > 2 )) && command=\${words[2]} ;; esac
  case "$command $prev" in
${arms(commands, (words, isFile) => `${words.length > 0 ? `compadd -- ${words.map(quoted).join(' ')}; ` : ''}${isFile ? '_files; ' : ''}return`)}
  esac
  if [[ $PREFIX == -* ]]; then
    case $command in
${options.join('\n')}
    esac
    [[ $PREFIX == --* ]] || options=(\${options:#--*})
    _describe -o option options
  elif (( CURRENT == 2 )); then
    compadd -- ${names.map(quoted).join(' ')}
  else
    _files
  fi
}
if [[ \${funcstack[1]-} == _wemu ]]; then _wemu "$@"; else compdef _wemu wemu; fi
`;
}
