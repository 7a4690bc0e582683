/** `wemu/automation`: machines worked by a program. A RemoteMachine of `wemu/browser` is taken as it is. */
export { Automation, AutomationError, type AutomatedMachine, type AutomationOptions, type TerminalScreen } from './automation.js';
export { Console, guestOf } from './console.js';
