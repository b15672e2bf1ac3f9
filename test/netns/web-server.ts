/** A web server that answers its name: `web-server.js NAME PORT`. */
import { createServer } from 'node:http';

const [name = '', port = ''] = process.argv.slice(2);
createServer((_request, response) => response.end(`${name}\n`)).listen(Number(port));
