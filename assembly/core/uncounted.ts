// The answers of a target whose guests cannot have their instructions counted (counts, countOver and counted of ../target/dispatch.ts).

@inline
export function counts(env: usize): bool {
  return false;
}

@inline
export function countOver(env: usize): bool {
  return false;
}

@inline
export function counted(env: usize): void {}
