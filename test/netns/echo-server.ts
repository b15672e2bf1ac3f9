/** UDP echo that adds its name: `echo-server.js NAME PORT`. Tells the prober which node answered. */
import { createSocket } from 'node:dgram';

const [name = '', port = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
const suffix = Buffer.from(name);
socket.on('message', (message, from) => {
  // A client that is gone is no concern of ours.
  socket.send(Buffer.concat([message, suffix]), from.port, from.address, () => {});
});
socket.bind(Number(port));
