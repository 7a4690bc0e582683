// The engine's entry: what is exported here, the host sees. A placeholder until the engine moves in.
import { ENV_SIZE } from './shared/layout';

export function envSize(): usize {
  return ENV_SIZE;
}
