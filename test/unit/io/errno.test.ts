/** strerror texts to codes: the table against the C library of this machine. */
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { it } from 'node:test';
import { codeOf, codeOfText, fromRawSocket, systemError } from '../../../src/io/errno.ts';

const ERRNO = constants.errno as Readonly<Record<string, number>>;

it('every code has a number, and an error has the form of Node', () => {
  for (const text of [
    'No such device',
    'Network is down',
    'Out of memory',
    'Too many open files in system',
  ]) {
    const error = fromRawSocket(new Error(text), 'sendto', '192.0.2.1');
    assert.equal(error.errno, -(ERRNO[error.code] as number));
    assert.equal(error.message, `${error.code}: ${text}, sendto 192.0.2.1`);
  }
  assert.equal(systemError('EINVAL', 'x', 'socket').message, 'EINVAL: x, socket');
});
it('a text of no table is UNKNOWN, errno 0', () => {
  assert.equal(codeOfText('Es gibt kein solches Gerät'), 'UNKNOWN');
  assert.equal(fromRawSocket(new Error('-9'), 'poll').errno, -0);
});
it("what is not the package's error is thrown on", () => {
  assert.throws(() => fromRawSocket(new TypeError('Buffer argument'), 'sendto'), { name: 'TypeError' });
  assert.throws(
    () => fromRawSocket('text', 'sendto'),
    (e) => e === 'text',
  );
  assert.throws(() => codeOf(new RangeError('mine')), { name: 'RangeError' });
  assert.throws(() => codeOf(Object.assign(new Error('x'), { code: 'ERR_ASSERTION' })), { message: 'x' });
  assert.equal(codeOf(systemError('ENODEV', 'x', 'y')), 'ENODEV');
});
