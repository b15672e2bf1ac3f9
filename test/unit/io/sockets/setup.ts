/** AdvertSockets over a raw-socket of our own, for the tests beside this file. */
import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { AdvertSockets } from '../../../../src/io/sockets/advert-sockets.ts';
import { openSocketCount } from '../../../../src/io/sockets/guarded-socket.ts';
import type { SocketWatch } from '../../../../src/io/sockets/socket-watch.ts';
import type { OutgoingAdvert, SocketSpec } from '../../../../src/ports/advert.ts';
import { type FakeSocket, FakeWorld } from './fake-raw-socket.ts';

export const SPEC: SocketSpec = {
  family: 4,
  interface: 'eth0',
  interfaceIndex: 7,
  protocol: 112,
  mode: 'multicast',
  group: '224.0.0.18',
  source: '',
  vrids: [51],
  receiveBufferBytes: 0,
};
export const GROUP6: Uint8Array = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
export const SPEC6: SocketSpec = { ...SPEC, family: 6, group: 'ff02::12' };
export const UNICAST: SocketSpec = { ...SPEC, mode: 'unicast', group: '', source: '192.0.2.10' };
export const ADVERT: OutgoingAdvert = {
  version: 2,
  vrid: 51,
  priority: 200,
  adverIntUs: 1_000_000,
  addresses: [Uint8Array.of(192, 0, 2, 100)],
  authType: 0,
  authData: new Uint8Array(8),
  source: '192.0.2.10',
  destinations: ['224.0.0.18'],
  ttl: 255,
  ipId: 1,
  checksumForm: 'standard',
};
export type Problem = [key: string, what: string, code: string];
export type Setup = {
  readonly world: FakeWorld;
  readonly problems: Problem[];
  readonly received: string[];
  readonly sockets: AdvertSockets;
  readonly at: (i: number) => FakeSocket;
};

/** `received` gets 'key source vrid' of each packet. A test that imports this checks that no socket stays open. */
export function setup(
  sink: (key: string, vrid: number, sockets: AdvertSockets) => void = () => {},
  watch?: SocketWatch,
): Setup {
  const world = new FakeWorld();
  const problems: Problem[] = [];
  const received: string[] = [];
  const sockets: AdvertSockets = new AdvertSockets({
    native: world.native,
    rawSocket: world,
    ...(watch === undefined ? {} : { watch }),
    onProblem: (...problem) => problems.push(problem),
    sink: (key, advert) => {
      received.push(`${key} ${advert.source} ${advert.vrid}`);
      sink(key, advert.vrid, sockets);
    },
  });
  opened.push(sockets);
  const at = (i: number) => {
    const socket = world.sockets[i];
    assert.ok(socket);
    return socket;
  };
  return { world, problems, received, sockets, at };
}
const opened: AdvertSockets[] = [];
afterEach(() => {
  for (const sockets of opened.splice(0)) sockets.closeAll();
  assert.equal(openSocketCount(), 0, 'sockets that nobody closed');
});

export const nextTurn = (): Promise<void> => new Promise((done) => setImmediate(done));
export const packet = (sockets: AdvertSockets, vrid = 51): Uint8Array =>
  sockets.encode({ ...ADVERT, vrid })[0] as Uint8Array;

/** The same VRID over IPv6, version 3. */
export const ADVERT6: OutgoingAdvert = {
  ...ADVERT,
  version: 3,
  addresses: [Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)],
  source: 'fe80::a',
  destinations: ['ff02::12'],
};
