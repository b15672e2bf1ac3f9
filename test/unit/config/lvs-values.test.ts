/**
 * Effective values of virtual servers: the data dumps of Debian's keepalived 2.2.7 under a kernel with IPVS, for two
 * files that hold every keyword (`a`) and the ways of inheritance and correction (`b`), line by line.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { dumpOf } from './lvs-dump.ts';
import { configOf, load } from './support.ts';

type Row = { readonly name: string; readonly text: string; readonly dump: readonly string[] };

/** What the dump of 2.2.7 shows by a slip: a 'host' without connect_timeout has none. */
const SLIPS: Readonly<Record<string, string>> = { 'Timeout = 0.000000': 'Timeout = 3.000000' };
/** Only a real server's own names are dumped; the model has those in force, which the last test looks at. */
const LEFT_OUT = /^(?:VirtualHost = '|SNMP name = rs)/;

const rows = JSON.parse(readFileSync('test/golden/config-lvs-values.json', 'utf8')) as readonly Row[];

for (const row of rows)
  it(`lvs-values/${row.name}`, () => {
    assert.deepEqual(
      dumpOf(configOf(load(row.text))),
      row.dump.filter((l) => !LEFT_OUT.test(l)).map((l) => SLIPS[l] ?? l),
    );
  });

it('lvs-values/names of real servers, options of a regex', () => {
  const [a] = rows;
  const [, second] = configOf(load(a?.text ?? '')).virtualServers;
  assert.deepEqual(
    second?.realServers.map((r) => [r.virtualHost, r.snmpName]),
    [
      ['vs.example', undefined],
      ['rs.example', 'rsname'],
      ['vs.example', undefined],
    ],
  );
  const check = second?.realServers[1]?.checkers.find((k) => k.type === 'SSL_GET');
  assert.deepEqual(check?.type === 'SSL_GET' && check.urls[1]?.regex?.options, ['caseless', 'multiline']);
});
