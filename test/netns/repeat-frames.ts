/** Sends frames of a capture again, as an eavesdropper would. `repeat-frames.js INTERFACE_INDEX PCAP`. Prints how many it sent. */
import { native } from '../../src/native.ts';
import { readPcap } from './capture.ts';
import { sleepMs } from './clock.ts';

const GAP_MS = 20;

const [index = '0', file = ''] = process.argv.slice(2);
const api = native();
const fd = api.packetOpen(Number(index), 0, new Uint8Array(0));
let sent = 0;
for (const { bytes } of readPcap(file)) {
  sent += api.packetSend(fd, Number(index), [bytes]);
  await sleepMs(GAP_MS);
}
api.close(fd);
console.log(String(sent));
