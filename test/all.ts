/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './requirements.test.ts';
import './sim/election.test.ts';
import './sim/mutants.test.ts';
import './sim/stall.test.ts';
import './sim/succession.test.ts';
import './tidy.test.ts';
import './unit/vrrp/accept.test.ts';
import './unit/vrrp/group.test.ts';
import './unit/vrrp/step.property.test.ts';
import './unit/vrrp/step.test.ts';
import './unit/vrrp/timers.test.ts';
