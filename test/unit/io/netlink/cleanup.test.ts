/** Deleting what the state file names, against a scripted kernel. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deleteAddressesNow, deleteInterfacesNow } from '../../../../src/io/netlink/cleanup.ts';
import {
  ack,
  attr,
  dumpAnswers,
  FakeKernel,
  ipv4Body,
  linkAttributes,
  linkBody,
  RTM_DELADDR,
  RTM_DELLINK,
  type Sent,
  u32,
} from './fake.ts';

const PEER = [2, 32, 0x80, 0, ...u32(5), ...attr(1, [10, 0, 0, 9]), ...attr(2, [192, 0, 2, 3])];
const V6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
function kernelWith(errno = 0): { kernel: FakeKernel; deleted: () => string[] } {
  const kernel = new FakeKernel();
  const dump = dumpAnswers({
    links: [linkBody(5, 1, linkAttributes('eth0')), linkBody(6, 1, linkAttributes('eth1'))],
    addresses: [
      ipv4Body(5, [192, 0, 2, 1]),
      ipv4Body(6, [192, 0, 2, 1]),
      ipv4Body(5, [192, 0, 2, 2]),
      PEER,
      [10, 64, 0x80, 0, ...u32(5), ...attr(1, V6)],
    ],
  });
  const of = (s: Sent): boolean => s.type === RTM_DELADDR || s.type === RTM_DELLINK;
  kernel.answer = (s) => (of(s) ? [ack(s.seq, errno)] : dump(s));
  return {
    kernel,
    deleted: () =>
      kernel.sends
        .flat()
        .filter(of)
        .map((s) => s.body.toString('hex')),
  };
}
const entry = (address: string, prefixLength = 24, name = 'eth0') => ({
  interface: name,
  address,
  prefixLength,
});

it('deletes what the kernel holds, under the index of now; absent is ok', () => {
  const { kernel, deleted } = kernelWith();
  const results = deleteAddressesNow(kernel, [
    entry('192.0.2.1'),
    entry('192.0.2.77'),
    entry('192.0.2.2', 32),
    entry('192.0.2.1', 24, 'gone0'),
    entry('2001:db8::1', 64),
    entry('192.0.2.3', 24),
    entry('192.0.2.300'),
  ]);
  assert.deepEqual(
    results.map((r) => (r.ok ? (r.already ? 'already' : 'done') : r.code)),
    ['done', 'already', 'already', 'already', 'done', 'done', 'EINVAL'],
  );
  assert.deepEqual(deleted(), [
    '0218000005000000' + '08000200c0000201' + '08000100c0000201',
    `0a40000005000000${'14000200'}20010db8000000000000000000000001`,
    '0220000005000000' + '08000200c0000203' + '080001000a000009',
  ]);
  assert.equal(kernel.open.size, 0);
});

it('gone meanwhile is ok, a refusal is not', () => {
  assert.deepEqual(deleteAddressesNow(kernelWith(99).kernel, [entry('192.0.2.1')]), [
    { ok: true, already: true, code: 'EADDRNOTAVAIL' },
  ]);
  assert.equal(deleteAddressesNow(kernelWith(1).kernel, [entry('192.0.2.1')])[0]?.code, 'EPERM');
});

it('an empty list is not worth a request, and an unreadable kernel is an error with the socket closed', () => {
  assert.deepEqual(deleteAddressesNow(kernelWith().kernel, []), []);
  const { kernel } = kernelWith();
  kernel.answer = () => [];
  assert.throws(() => deleteAddressesNow(kernel, [entry('192.0.2.1')]), { name: 'DumpError' });
  assert.equal(kernel.open.size, 0);
});

it('deletes interfaces by name', () => {
  const { kernel, deleted } = kernelWith(19);
  assert.deepEqual(deleteInterfacesNow(kernel, ['vrrp.51']), [{ ok: true, already: true, code: 'ENODEV' }]);
  assert.deepEqual(deleted(), [`${'00'.repeat(16)}0c000300767272702e353100`]);
  assert.equal(kernel.open.size, 0);
});
