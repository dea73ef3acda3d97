// The names of the states of a run.

import type { RunState } from "../generated/records";
import { N_ } from "../shared/language";

export const STATES: Record<RunState, string> = {
  running: N_("running"),
  paused: N_("paused"),
  finished: N_("finished"),
  stopped: N_("stopped"),
  interrupted: N_("interrupted"),
};
