/** Alert mails against a real relay on loopback: good ones, and relays that refuse, hang, hang up and crawl. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../../../src/config/config.ts';
import { letterFor } from '../../../../src/io/mail/letter.ts';
import { Mailer } from '../../../../src/io/mail/mailer.ts';
import type { Notice, NoticeState } from '../../../../src/ports/notice.ts';
import { config, instanceConfig } from '../../core/fakes.ts';
import { type Manners, SmtpServer } from './smtp-server.ts';

const EMPTY = config([]);
const smtpOf = (port: number, change: Partial<NonNullable<Config['global']['smtp']>> = {}): Config => ({
  ...EMPTY,
  global: {
    ...EMPTY.global,
    routerId: 'node_a',
    smtp: {
      server: '127.0.0.1',
      port,
      heloName: 'helo.test',
      connectTimeoutS: 1,
      from: '"Pair, A" <ka@x.test>',
      to: ['a@x.test', 'b@y.test'],
      ...change,
    },
  },
});

function mailer(): { readonly mailer: Mailer; readonly said: string[] } {
  const said: string[] = [];
  const clock = { nowUs: () => Math.round(performance.now() * 1000), wallMs: () => 0 };
  const log = { log: (level: string, text: string) => void said.push(`${level} ${text}`) };
  return { mailer: new Mailer({ clock, log }), said };
}

function instance(state: NoticeState, name = 'VI_1', smtpAlert = true): Notice {
  const about = { previous: 'BACKUP', priority: 100, reason: 'start', peer: '', source: '' } as const;
  return { type: 'instance', config: instanceConfig({ name, smtpAlert }), state, ...about };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i++) {
    assert.ok(i < 1500, 'did not come about in 15 s');
    await sleep(10);
  }
}

/** Sends one letter to a relay of such manners; what was said, and what arrived. */
async function one(manners: Manners): Promise<{ said: string[]; server: SmtpServer }> {
  const server = await SmtpServer.open();
  server.manners = manners;
  const { mailer: m, said } = mailer();
  m.reconfigure(smtpOf(server.port));
  m.tell(instance('MASTER'));
  await until(() => said.length > 0);
  await m.close();
  await until(() => server.openSessions === 0);
  await server.close();
  return { said, server };
}

describe('io/mail: letters', () => {
  const global = smtpOf(25).global;
  const quiet = { ...global, alerts: { ...global.alerts, noFaults: true, noCheckerStates: true } };
  it('what is not asked for', () => {
    assert.equal(letterFor(instance('MASTER', 'VI_1', false), global), undefined);
    assert.equal(letterFor(instance('FAULT'), quiet), undefined);
    assert.notEqual(letterFor(instance('FAULT'), global), undefined);
    assert.equal(letterFor({ type: 'started' }, global), undefined);
  });
  it('subjects and texts are those of keepalived', () => {
    assert.deepEqual(letterFor(instance('BACKUP'), global), {
      subject: '[node_a] VRRP Instance VI_1 - Entering BACKUP state',
      text: '=> VRRP Instance is no longer owning VRRP VIPs <=\n\n',
    });
    assert.deepEqual(letterFor(instance('DELETED'), global), {
      subject: '[node_a] VRRP Instance VI_1 - Deleted',
      text: '=> VRRP Deleted at reload <=\n\n',
    });
  });
  it('servers', () => {
    const rs = {
      type: 'real-server',
      server: '[10.0.0.2]:tcp:80',
      service: '[192.0.2.1]:tcp:80',
      up: false,
      byChecker: true,
      detail: 'TCP CHECK failed on service',
      mail: true,
    } as const;
    assert.deepEqual(letterFor(rs, global), {
      subject: '[node_a] Realserver [10.0.0.2]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - DOWN',
      text: '=> TCP CHECK failed on service <=\n\n',
    });
    assert.equal(letterFor(rs, quiet), undefined);
    assert.notEqual(letterFor({ ...rs, byChecker: false }, quiet), undefined);
  });
});

describe('io/mail: a relay that works', () => {
  for (const manners of ['good', 'old', 'slow'] as const)
    it(`${manners}: envelope, headers, text`, async () => {
      const { said, server } = await one(manners);
      assert.deepEqual(said, [
        'info SMTP alert successfully sent: [node_a] VRRP Instance VI_1 - Entering MASTER state',
      ]);
      const [mail] = server.mails;
      assert.deepEqual(
        [mail?.helo, mail?.from, mail?.to],
        ['helo.test', 'ka@x.test', ['a@x.test', 'b@y.test']],
      );
      assert.equal(mail?.headers['subject'], '[node_a] VRRP Instance VI_1 - Entering MASTER state');
      assert.equal(mail.headers['from'], '"Pair, A" <ka@x.test>');
      assert.equal(mail.headers['to'], 'a@x.test, b@y.test');
      assert.equal(mail.headers['x-mailer'], 'Keepalived');
      assert.match(mail.text, /^=> VRRP Instance is now owning VRRP VIPs <=\n/);
    });

  it('names beyond ASCII arrive encoded', async () => {
    const server = await SmtpServer.open();
    const { mailer: m, said } = mailer();
    m.reconfigure(smtpOf(server.port));
    m.tell(instance('MASTER', 'Straße'));
    await until(() => said.length > 0);
    assert.match(server.mails[0]?.headers['subject'] ?? '', /=\?UTF-8\?/);
    await m.close();
    await server.close();
  });

  it('one recipient refused: the others get it', async () => {
    const { said, server } = await one('refuses-second');
    assert.deepEqual(server.mails[0]?.to, ['a@x.test']);
    assert.match(said.join('\n'), /refused the recipient\(s\) b@y\.test/);
  });

  it('the last letters of a stop still leave', async () => {
    const server = await SmtpServer.open();
    const { mailer: m } = mailer();
    m.reconfigure(smtpOf(server.port));
    for (let i = 0; i < 10; i++) m.tell(instance('STOP', `VI_${i}`));
    await m.close();
    assert.equal(server.mails.length, 10);
    await server.close();
  });
});

describe('io/mail: a relay that does not', () => {
  const rows: readonly (readonly [Manners, RegExp])[] = [
    ['silent', /Greeting never received|timeout/i],
    ['trickle', /took too long|greeting|timeout/i],
    ['busy', /421/],
    ['refuses-sender', /550/],
    ['hangs-up', /closed|socket/i],
  ];
  for (const [manners, why] of rows)
    it(`${manners}: said with the reason, and the session is over`, async () => {
      const { said, server } = await one(manners);
      assert.match(
        said[0] ?? '',
        /^warning SMTP alert not sent: \[node_a\] VRRP Instance VI_1 - Entering MASTER state: /,
      );
      assert.match(said[0] ?? '', why);
      assert.equal(server.mails.length, 0);
    });

  it('nobody listens, no such name', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    for (const [c, why] of [
      [smtpOf(port), /ECONNREFUSED/],
      [smtpOf(25, { server: 'nowhere.invalid' }), /nowhere\.invalid/],
    ] as const) {
      const { mailer: m, said } = mailer();
      m.reconfigure(c);
      m.tell(instance('MASTER'));
      await until(() => said.length > 0);
      assert.match(said[0] ?? '', why);
      await m.close();
    }
  });

  it('letters that pile up are bounded, telling never waits, a stop gives up in time', async () => {
    const server = await SmtpServer.open();
    server.manners = 'silent';
    const { mailer: m, said } = mailer();
    m.reconfigure(smtpOf(server.port, { connectTimeoutS: 30 }));
    let longestMs = 0;
    for (let i = 0; i < 2000; i++) {
      const startedMs = performance.now();
      m.tell(instance('MASTER', `VI_${i}`));
      longestMs = Math.max(longestMs, performance.now() - startedMs);
    }
    assert.ok(longestMs < 500, `${longestMs} ms`);
    assert.match(said[0] ?? '', /256 others wait already/);
    await until(() => server.sessions === 4);
    await sleep(100);
    assert.equal(server.sessions, 4, 'sessions side by side');
    const stoppedMs = performance.now();
    await m.close();
    assert.ok(performance.now() - stoppedMs < 5_000);
    await until(() => server.openSessions === 0);
    await server.close();
  });
});
