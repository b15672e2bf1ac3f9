/** A mail relay that keeps what it is given: `mail-relay.js PORT FILE`, a line of JSON for each mail. */
import { appendFileSync } from 'node:fs';
import { SmtpServer } from '../unit/io/mail/smtp-server.ts';

const [port = '', file = ''] = process.argv.slice(2);
const server = await SmtpServer.open(Number(port), (mail) =>
  appendFileSync(file, `${JSON.stringify(mail)}\n`),
);
process.on('SIGTERM', () => void server.close());
