/** No keyword of virtual servers, checkers and SSL is read and then forgotten: each changes the model. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import type { KeywordRow } from '../../../src/config/keyword.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import { configOf, load, messages } from './support.ts';

const BEFORE =
  'track_file t1 {\nfile /run/t1\n}\ntrack_file t2 {\nfile /run/t2\n}\n' +
  'bfd_instance b1 {\nneighbor_ip 10.9.9.1\n}\nbfd_instance b2 {\nneighbor_ip 10.9.9.2\n}\n';

/** Keywords without any effect in keepalived too. */
const WITHOUT_EFFECT = new Set(['virtual_server/hashed']);

/** A value that is not the default; where more than the line is needed, all of it. */
const VALUES: Readonly<Record<string, string>> = {
  'virtual_server/ip_family': 'ip_family inet6',
  'virtual_server/ops': 'protocol UDP\nops',
  'virtual_server/sh-port': 'lvs_sched sh\nsh-port',
  'virtual_server/sh-fallback': 'lvs_sched sh\nsh-fallback',
  'virtual_server/mh-port': 'lvs_sched mh\nmh-port',
  'virtual_server/mh-fallback': 'lvs_sched mh\nmh-fallback',
  'virtual_server/lb_kind': 'lb_kind DR',
  'virtual_server/lvs_method': 'lvs_method TUN type gue port 5555 csum',
  'virtual_server/persistence_granularity': 'persistence_granularity 255.255.255.0',
  'virtual_server/sorry_server': 'sorry_server 10.1.0.9 80',
  'virtual_server/sorry_server_inhibit': 'sorry_server_inhibit',
  'virtual_server/sorry_server_lvs_method': 'sorry_server_lvs_method DR',
  'virtual_server/quorum': 'quorum 3',
  'virtual_server/hysteresis': 'hysteresis 1',
  'virtual_server/real_server': 'real_server 10.1.0.2 80 {\n}',
  'virtual_server/real_server/lvs_method': 'lvs_method TUN',
  'HTTP_GET/url': 'url {\npath /second\n}',
  'HTTP_GET/url/path': 'path /other',
  'HTTP_GET/url/digest': 'digest 0123456789abcdef0123456789abcdef',
  'HTTP_GET/url/status_code': 'status_code 204 301-303',
  'HTTP_GET/url/regex': 'regex "a b"',
  'HTTP_GET/url/regex_no_match': 'regex a\nregex_no_match',
  'HTTP_GET/url/regex_options': 'regex a\nregex_options caseless',
  'HTTP_GET/url/regex_min_offset': 'regex a\nregex_min_offset 5',
  'HTTP_GET/url/regex_max_offset': 'regex a\nregex_max_offset 50',
  'HTTP_GET/url/regex_stack': 'regex a\nregex_stack 1024 4096',
  'UDP_CHECK/payload': 'payload 0102',
  'UDP_CHECK/require_reply': 'require_reply 01xx',
  'MISC_CHECK/misc_path': 'misc_path /usr/bin/false',
  'MISC_CHECK/user': 'user nobody nogroup',
  'FILE_CHECK/track_file': 'track_file t2',
  'FILE_CHECK/weight': 'weight -7 reverse',
  'BFD_CHECK/name': 'name b2',
  'SMTP_CHECK/host': 'host {\nconnect_ip 10.9.9.9\n}',
};

/** What a block must hold to be used at all. */
const NEEDED: Readonly<Record<string, string>> = {
  HTTP_GET: 'url {\npath /\n}',
  SSL_GET: 'url {\npath /\n}',
  url: 'path /',
  MISC_CHECK: 'misc_path /usr/bin/true',
  FILE_CHECK: 'track_file t1',
  BFD_CHECK: 'name b1',
};

const checkerPath = (block: string): string =>
  block.replace('virtual_server/real_server/', '').replace('SSL_GET', 'HTTP_GET');

function lineOf(row: KeywordRow): string {
  const { keyword } = row;
  const known = VALUES[`${row.block}/${keyword}`] ?? VALUES[`${checkerPath(row.block)}/${keyword}`];
  if (known !== undefined) return known;
  switch (row.type) {
    case 'flag':
      return keyword;
    case 'bool':
      return `${keyword} ${keyword === 'smtp_alert' && row.block.endsWith('real_server') ? 'off' : 'on'}`;
    case 'int':
    case 'weight':
    case 'decimal':
      return `${keyword} 7`;
    case 'choice':
      return `${keyword} ${row.choices?.at(-1)}`;
    case 'address':
      return `${keyword} 10.9.9.9`;
    case 'command':
      return `${keyword} "/usr/bin/true x"`;
    case 'word':
      return `${keyword} word`;
    case 'block':
      return `${keyword} {\n${NEEDED[keyword] ?? ''}\n}`;
    default:
      throw new Error(`a value for ${row.block}/${keyword} is missing`);
  }
}

/** A whole file with the line where the row says it belongs. */
function fileWith(row: KeywordRow, line: string): string {
  if (row.block === 'SSL') return `SSL {\n${line}\n}\n${service('', '')}`;
  if (row.block === 'virtual_server') {
    const mark = row.keyword === 'ip_family';
    const sorry = row.keyword.startsWith('sorry_server_') ? 'sorry_server 10.1.0.9 80\n' : '';
    return service(`${sorry}quorum 4\n${line}`, '', mark ? 'fwmark 5' : undefined);
  }
  return service('', nested(row.block.split('/').slice(2), line));
}

/** The line inside of its blocks; the innermost has what it needs unless the line is just that. */
function nested([name, ...inner]: readonly string[], line: string): string {
  if (name === undefined) return line;
  if (inner.length > 0) return `${name} {\n${nested(inner, line)}\n}`;
  const needed = NEEDED[name] ?? '';
  const given = line !== '' && line.split(' ')[0] === needed.split(' ')[0] && !needed.startsWith('url');
  return `${name} {\n${given ? '' : needed}\n${line}\n}`;
}

function service(lines: string, serverLines: string, target = '10.0.0.1 80'): string {
  const mark = target.startsWith('fwmark');
  const server = mark ? '2001:db8::11' : '10.1.0.1 80';
  const protocol = mark ? '' : 'protocol TCP\n';
  return `${BEFORE}virtual_server ${target} {\nlvs_sched rr\nlvs_method ${mark ? 'TUN' : 'NAT'}\n${protocol}weight 5\n${lines}\nreal_server ${server} {\n${serverLines}\n}\n}\n`;
}

function lvsOf(config: Config): string {
  const { virtualServers, virtualServerGroups, ssl } = config;
  return JSON.stringify([virtualServers, virtualServerGroups, ssl], (key, value: unknown) =>
    key === 'place' ? undefined : value,
  );
}

const rows = KEYWORDS.filter((r) => r.block === 'SSL' || /^virtual_server(?:$|\/)/.test(r.block));

it('lvs-keywords/there are as many as in the manual', () => {
  assert.equal(rows.filter((r) => r.block === 'virtual_server').length, 39);
  assert.equal(rows.filter((r) => r.block === 'virtual_server/real_server').length, 26);
});

for (const row of rows)
  it(`lvs-keywords/${row.block}/${row.keyword}`, () => {
    const with_ = load(fileWith(row, lineOf(row)));
    const without = load(fileWith(row, ''));
    assert.ok(configOf(with_).virtualServers.length > 0, messages(with_).join('; '));
    assert.ok(configOf(without).virtualServers.length > 0, messages(without).join('; '));
    const changed = lvsOf(configOf(with_)) !== lvsOf(configOf(without));
    assert.equal(changed, !WITHOUT_EFFECT.has(`${row.block}/${row.keyword}`));
    const refused = with_.diagnostics.filter((d) => d.severity === 'error');
    assert.deepEqual(
      refused.filter((d) => !['KA1117', 'KA1118'].includes(d.code)).map((d) => d.message),
      [],
    );
  });
