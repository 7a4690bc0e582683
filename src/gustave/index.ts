/** A fuzzing harness inside of a machine (docs/gustave.md). */
export { Gustave, type Outcome, type OutcomeKind } from './gustave.js';
export { END_STATES, parseConfig, type EndState, type GustaveConfig, type InRegister, type Place, type Range } from './config.js';
export { Edges, MAP_SIZE, SeenEdges } from './edges.js';
export { Campaign, type CampaignHost, type CampaignStats, type Finding, type NamedInput } from './campaign.js';
export { GustaveDriver } from './driver.js';
