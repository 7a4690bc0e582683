/** The element in Vue: `.spec` is set as a property, `onWemu-ended` hears an event. */
import '@xterm/xterm/css/xterm.css';
import { createApp, defineComponent, h, ref } from 'vue';
import type { WemuMachineEvents } from '../../../src/element/index.js';
import '../../../src/element/index.js';

const Page = defineComponent({
  setup() {
    const append = ref('run=fib');
    const state = ref('');
    const ending = ref('');
    const isShown = ref(true);
    const machine = () =>
      h(
        'wemu-machine',
        {
          engine: 'wemu.wasm',
          machine: 'virt',
          bios: 'none',
          kernel: 'guests/embedded.elf',
          append: append.value,
          '.spec': { memory: '96M' },
          'onWemu-state': ({ detail }: CustomEvent<WemuMachineEvents['wemu-state']>) => (state.value = detail.state),
          'onWemu-ended': ({ detail }: CustomEvent<WemuMachineEvents['wemu-ended']>) =>
            (ending.value = `${append.value}: ${detail.reason}, ${detail.exitCode}`),
          style: { blockSize: '20rem' },
        },
        [h('p', 'A machine in Vue.')],
      );
    return () => [
      isShown.value ? machine() : undefined,
      h('p', { id: 'state' }, state.value),
      h('p', { id: 'ending' }, ending.value),
      h('button', { id: 'other', onClick: () => (append.value = 'run=int') }, 'Another kernel'),
      h('button', { id: 'away', onClick: () => (isShown.value = false) }, 'Away with it'),
    ];
  },
});
createApp(Page).mount('#app');
