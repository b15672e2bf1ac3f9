/** A mail relay for tests: real SMTP on loopback, with the bad manners that relays have. Keeps what it was given. */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type Manners =
  | 'good'
  | 'silent' // accepts the connection and says nothing
  | 'trickle' // one octet of its greeting every 50 ms
  | 'busy' // 421 for a greeting
  | 'refuses-sender'
  | 'refuses-second' // the second recipient
  | 'old' // knows HELO only
  | 'hangs-up' // in the middle of a session
  | 'slow'; // each answer takes 100 ms

export type Mail = {
  readonly helo: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>; // names in lower case
  readonly text: string;
};

export class SmtpServer {
  readonly mails: Mail[] = [];
  manners: Manners = 'good';
  sessions = 0; // so far
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  readonly #received: (mail: Mail) => void;

  private constructor(received: (mail: Mail) => void) {
    this.#received = received;
    this.#server = createServer((s) => this.#session(s));
  }

  /** On 127.0.0.1; port 0: any that is free. */
  static async open(port = 0, received: (mail: Mail) => void = () => undefined): Promise<SmtpServer> {
    const made = new SmtpServer(received);
    await new Promise<void>((resolve) => made.#server.listen(port, '127.0.0.1', resolve));
    return made;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get openSessions(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const s of this.#sockets) s.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #session(socket: Socket): void {
    this.sessions++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // whoever hangs up in the middle is part of the tests
    const { manners } = this;
    const say = (text: string): void => {
      if (manners === 'slow') setTimeout(() => socket.writable && socket.write(`${text}\r\n`), 100);
      else socket.write(`${text}\r\n`);
    };
    if (manners === 'silent') return;
    if (manners === 'trickle') {
      const timer = setInterval(() => socket.write('2'), 50);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    if (manners === 'busy') {
      socket.end('421 too busy\r\n');
      return;
    }
    say('220 relay.test ESMTP');
    this.#converse(socket, manners, say);
  }

  #converse(socket: Socket, manners: Manners, say: (text: string) => void): void {
    let mail = { helo: '', from: '', to: [] as string[] };
    let data: string[] | undefined;
    const lines = createInterface({ input: socket });
    lines.on('error', () => socket.destroy());
    lines.on('line', (line) => {
      if (data !== undefined) {
        if (line !== '.') data.push(line.startsWith('.') ? line.slice(1) : line);
        else {
          const whole = { ...mail, ...parsed(data) };
          this.mails.push(whole);
          this.#received(whole);
          data = undefined;
          say('250 queued');
        }
        return;
      }
      const [word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line)?.slice(1) ?? [];
      switch (word.toUpperCase()) {
        case 'EHLO':
          if (manners === 'old') say('502 what?');
          else {
            mail = { helo: rest, from: '', to: [] };
            say('250-relay.test\r\n250 STARTTLS'); // which nobody here could speak
          }
          break;
        case 'HELO':
          mail = { helo: rest, from: '', to: [] };
          say('250 relay.test');
          break;
        case 'MAIL':
          mail.from = address(rest);
          say(manners === 'refuses-sender' ? '550 not you' : '250 ok');
          break;
        case 'RCPT':
          if (manners === 'refuses-second' && mail.to.length === 1) {
            say('550 unknown');
            break;
          }
          mail.to.push(address(rest));
          say('250 ok');
          break;
        case 'DATA':
          if (manners === 'hangs-up') {
            socket.destroy();
            break;
          }
          data = [];
          say('354 go on');
          break;
        case 'QUIT':
          socket.end('221 bye\r\n');
          break;
        default:
          say('500 what?');
      }
    });
  }
}

const address = (text: string): string => /<([^>]*)>/.exec(text)?.[1] ?? '';

function parsed(lines: readonly string[]): Pick<Mail, 'headers' | 'text'> {
  const end = lines.indexOf('');
  const headers: Record<string, string> = {};
  for (const line of lines.slice(0, end)) {
    const [name, value] = /^([^:\s]+):\s*(.*)$/.exec(line)?.slice(1) ?? [];
    if (name !== undefined && value !== undefined) headers[name.toLowerCase()] = value;
  }
  return { headers, text: lines.slice(end + 1).join('\n') };
}
