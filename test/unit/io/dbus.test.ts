/** Object paths of the D-Bus interface. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { instancePath, vrrpPath } from '../../../src/io/dbus/names.ts';

const place = { serviceName: 'org.keepalived.Vrrp1', namespace: '', instance: '', noInterfaceName: 'none' };

it("io/dbus: paths are keepalived's; what a path cannot hold becomes an underscore", () => {
  assert.equal(vrrpPath(place), '/org/keepalived/Vrrp1/Vrrp');
  assert.equal(
    vrrpPath({ ...place, namespace: 'net-1', instance: 'lb' }),
    '/org/keepalived/Vrrp1/net_1/lb/Vrrp',
  );
  const eth = { interface: 'bond0.12', vrid: 51, family: 4 } as const;
  assert.equal(instancePath(place, eth), '/org/keepalived/Vrrp1/Instance/bond0_12/51/IPv4');
  assert.equal(
    instancePath({ ...place, serviceName: 'a.b' }, { interface: '', vrid: 1, family: 6 }),
    '/a/b/Instance/none/1/IPv6',
  );
});
