/**
 * A client that tries a service every few milliseconds, and says afterwards when it was not served.
 *
 *   prober.js udp ADDRESS PORT EVERY_MS     echo (echo-server.js); a lost datagram is a lost probe
 *   prober.js tcp ADDRESS PORT EVERY_MS     connect, then reset; not connected within 300 ms is lost
 *
 * Prints `ready` after the first answer, then answers each ProbeQuestion on stdin. Ends with stdin.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { nowS } from './clock.ts';
import { judgeProbes, type Probe, type ProbeQuestion } from './probe-report.ts';

const CONNECT_TIMEOUT_MS = 300;
/** Five minutes at one a millisecond; older ones are forgotten. */
const KEPT_PROBES = 300_000;

const [mode, address = '', portText = '', everyText = ''] = process.argv.slice(2);
const port = Number(portText);
const everyMs = Number(everyText);
const probes: Probe[] = [];
let ready = false;

function answered(probe: Probe, by: string): void {
  probe.by = by;
  if (!ready) process.stdout.write('"ready"\n');
  ready = true;
}

function udp(): () => void {
  const socket = createSocket('udp4');
  const waiting = new Map<number, Probe>();
  let next = 0;
  // Unreachable neighbours and the like: the probe stays unanswered, which is the result.
  socket.on('error', () => {});
  socket.on('message', (message) => {
    const sequence = message.readUInt32BE(0);
    const probe = waiting.get(sequence);
    if (probe !== undefined) answered(probe, message.subarray(4).toString());
    waiting.delete(sequence);
  });
  return () => {
    const probe: Probe = { sentS: nowS(), by: undefined };
    const data = Buffer.alloc(4);
    data.writeUInt32BE(next, 0);
    waiting.set(next, probe);
    waiting.delete(next - 10_000);
    next = (next + 1) >>> 0;
    probes.push(probe);
    socket.send(data, port, address, () => {});
  };
}

function tcp(): () => void {
  return () => {
    const probe: Probe = { sentS: nowS(), by: undefined };
    probes.push(probe);
    const socket = connect({ host: address, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      answered(probe, 'tcp');
      clearTimeout(timer);
      // A reset, not FIN: hundreds of connections a second would use up the ports in TIME_WAIT.
      socket.resetAndDestroy();
    });
    // Refused or unreachable: the probe stays unanswered.
    socket.on('error', () => clearTimeout(timer));
  };
}

if ((mode !== 'udp' && mode !== 'tcp') || !(port > 0) || !(everyMs > 0)) {
  console.error('usage: prober.js udp|tcp ADDRESS PORT EVERY_MS');
  process.exit(2);
}
const send = mode === 'udp' ? udp() : tcp();
let due = performance.now();
setInterval(() => {
  // Timers come late by a fraction of a millisecond: what is due is sent, but a stall is not made up for.
  const now = performance.now();
  if (now - due > 20 * everyMs) due = now;
  for (; due <= now; due += everyMs) send();
  if (probes.length > KEPT_PROBES) probes.splice(0, KEPT_PROBES / 10);
}, everyMs);

for await (const line of createInterface({ input: process.stdin })) {
  const { fromS, toS } = JSON.parse(line) as ProbeQuestion;
  process.stdout.write(
    `${JSON.stringify(judgeProbes(probes.filter((p) => p.sentS >= fromS && p.sentS <= toS)))}\n`,
  );
}
process.exit(0);
