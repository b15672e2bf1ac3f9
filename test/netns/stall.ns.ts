/**
 * A daemon that slept, for real: the process is stopped with SIGSTOP while the world goes on. A backup must not take over
 * from a master whose adverts waited in its socket; a master that slept must give way and the pair must settle.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { COMMANDS } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const folder = mkdtempSync(join(tmpdir(), 'vipd-stall-'));
let lab: Lab;

before(async () => {
  lab = await Lab.open('vs', pairTopology('ab', false), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function conf(name: string, priority: number): string {
  const path = join(folder, `${name}.conf`);
  writeFileSync(
    path,
    `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${VIP}/24
    }
}
`,
  );
  return path;
}

it('a backup that slept 5 s stays backup; a master that slept 6 s gives way for that time only', async () => {
  const logB = join(folder, 'b.log');
  const a = lab.start('a', COMMANDS.keepalived, conf('a', 200), join(folder, 'a.log'));
  assert.ok(await lab.waitAddress('a', VIP, true, 6000), 'a does not become master');
  const b = lab.start('b', COMMANDS.vipd, conf('b', 100), logB);
  await until(() => readFileSync(logB, 'utf8').includes('Startup complete'), 5000);
  b.signal('SIGSTOP');
  await sleepMs(5000);
  b.signal('SIGCONT');
  await sleepMs(4500);
  assert.ok(!readFileSync(logB, 'utf8').includes('Entering MASTER STATE'), readFileSync(logB, 'utf8'));
  assert.match(readFileSync(logB, 'utf8'), /served [0-9.]+ s late/, 'it did not notice that it slept');

  a.signal('SIGTERM');
  assert.ok(await lab.waitAddress('b', VIP, true, 3000), 'b does not take over');
  await a.ended();
  const again = lab.start('a', COMMANDS.keepalived, conf('a', 50), join(folder, 'a2.log'));
  await sleepMs(1000);
  b.signal('SIGSTOP');
  assert.ok(await lab.waitAddress('a', VIP, true, 6000), 'a does not take over from a master that sleeps');
  b.signal('SIGCONT');
  assert.ok(await lab.waitAddress('a', VIP, false, 3000), 'two holders remain after the sleep');
  assert.ok(lab.addresses.has('b', VIP));
  again.signal('SIGTERM');
  b.signal('SIGTERM');
  await Promise.all([again.ended(), b.ended()]);
});
