/** No form in which a finding is printed shows a password or a key, and the caret stays where it belongs. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkGithub, checkJson, checkText } from '../../../src/check/formats.ts';
import { reportOf } from '../../../src/check/report.ts';
import { formatDiagnostic } from '../../../src/config/diagnostic.ts';
import { excerpt } from '../../../src/config/excerpt.ts';
import { judge } from '../../../src/config/lint/judge.ts';
import { maskSecrets } from '../../../src/config/secrets.ts';
import { Source } from '../../../src/config/source.ts';
import { memoryMachine } from './machine.ts';
import { instance, load } from './support.ts';

const masked: readonly (readonly [line: string, shown: string])[] = [
  ['  auth_pass hunter2', '  auth_pass *******'],
  ['auth_pass "hun ter{2}" # mine', 'auth_pass "*** *****}" * ****'],
  ['authentication{auth_type PASS auth_pass hunter2}', 'authentication{auth_type PASS auth_pass *******}'],
  ['"auth_pass" hunter2', '"auth_pass" *******'],
  ['auth_pass=hunter2', 'auth_pass=*******'],
  ['\tauth_pas hunter2', '\tauth_pas *******'],
  ['@main auth_password hunter2', '@main auth_password *******'],
  ['key 1 hex:00ff', 'key 1 ********'],
  ['key 1 file:/etc/key', 'key 1 file:/etc/key'],
  ['{ auth_pass hun{ter } }', '{ auth_pass ******* } }'],
  ['key secret-text 1', 'key *********** 1'],
  ['key /etc/ssl/private.pem', 'key /etc/ssl/private.pem'],
  ['password hunter2', 'password *******'],
  ['$VRRP_PASS=hunter2', '$VRRP_PASS=*******'],
  ['script "/x --password=hunter2"', 'script "/x --password=*******"'],
  ['auth_type PASS', 'auth_type PASS'],
  ['notify "/x.sh pass"', 'notify "/x.sh pass"'],
  ['active_key 12', 'active_key 12'],
  ['# keyword', '# keyword'],
];
for (const [line, shown] of masked)
  it(`secrets/${line.trim()}`, () => assert.equal(maskSecrets(line), shown));

it('secrets/the caret stands below the masked word', () => {
  const source = new Source('f', '\tauth_pass hunter2345 more');
  assert.deepEqual(excerpt({ source, start: 11, end: 21 }), [
    '    \tauth_pass ********** ****',
    '    \t          ^^^^^^^^^^',
  ]);
});

const SECRET = 'hunter2hunter2';
const auth = (line: string): string => instance(`authentication {\nauth_type PASS\n${line}\n}`);
const texts: readonly (readonly [name: string, text: string])[] = [
  ['too long', auth(`auth_pass ${SECRET}`)],
  ['behind the value', auth(`auth_pass x ${SECRET}`)],
  ['an open quote', auth(`auth_pass "${SECRET}`)],
  ['a mistyped keyword', auth(`auth_pas ${SECRET}`)],
  ['an equals sign', auth(`auth_pass=${SECRET}`)],
  ['an equals sign apart', auth(`auth_pass = ${SECRET}`)],
  ['a semicolon', auth(`auth_pass ${SECRET};`)],
  ['braces', auth(`auth_pass ${SECRET}{${SECRET}`)],
  ['outside its block', instance(`auth_pass ${SECRET}`)],
  ['a definition', `$P=${SECRET} ${SECRET}\n${auth('auth_pass $P')}`],
  [
    'a definition of lines',
    `$A=\\\nauth_pass x ${SECRET} \\\nauth_type PASS\n${instance('authentication {\n$A\n}')}`,
  ],
  ['an open quote in a definition', `$PASS="${SECRET}\n${auth('auth_pass $PASS')}`],
  ['a definition without end', `$PASS=${SECRET}$PASS\n${auth('auth_pass $PASS')}`],
  ['a key for an id', instance(`auth_hmac {\nkey ${SECRET} 1\nactive_key 1\n}`)],
  ['a short key', instance(`auth_hmac {\nkey 1 ${SECRET}\nactive_key 1\n}`)],
  ['a key and more', instance(`auth_hmac {\nkey 1 hex:${'00'.repeat(32)} ${SECRET}\nactive_key 1\n}`)],
  ['the password of a key file', `SSL {\npassword x ${SECRET}\n}\n`],
  ['a line too long', auth(`auth_pass ${SECRET}${' x'.repeat(2_000)}`)],
];
for (const [name, text] of texts)
  it(`secrets/in no form/${name}`, () => {
    const loaded = load(text);
    const result = { ...loaded, diagnostics: [...loaded.diagnostics, ...judge(loaded, memoryMachine({}))] };
    assert.notEqual(result.diagnostics.length, 0);
    const report = reportOf('f', result, result, 0);
    const forms = [
      checkText(report, result, { color: false }),
      checkJson([report], false),
      checkGithub(report),
      ...result.diagnostics.map((d) => formatDiagnostic(d)),
    ];
    for (const form of forms) assert.ok(!form.includes(SECRET), form);
  });
