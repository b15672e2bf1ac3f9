/** HTTP_GET and SSL_GET with their urls. */
import type { BuildContext } from '../context.ts';
import type { Block, Setting } from '../settings.ts';
import type { Word } from '../words.ts';
import { wholeNumber } from './endpoint.ts';
import { octetsOf } from './hex.ts';
import type { CheckConnection, CheckTiming, HttpCheck, HttpRegex, HttpUrl } from './lvs-config.ts';

const SUCCESS: HttpUrl['statusCodes'] = Object.freeze([Object.freeze([200, 299] as const)]);

/** undefined when the checker is removed: no url with a path is left. `hostName`: the real server's, else the service's. */
export function buildHttp(
  block: Block,
  timing: CheckTiming,
  connection: CheckConnection,
  hostName: string | undefined,
  c: BuildContext,
): HttpCheck | undefined {
  const own = block.text('virtualhost');
  const compliant = block.boolean('tls_compliant') ?? false;
  const urls: HttpUrl[] = [];
  for (const b of block.blocks) {
    const url = buildUrl(b, own ?? hostName, compliant, c);
    if (url !== undefined) urls.push(url);
  }
  const at = block.statement?.keyword.at;
  if (urls.length === 0) {
    if (at !== undefined && block.blocks.length === 0)
      c.reporter.report('KA1132', at, `${block.keyword} checker has no urls specified - ignoring`, {
        effect: 'keepalived removes the checker; 2.2.7 crashes on it',
        fix: 'add a url block with a path',
      });
    return undefined;
  }
  for (const s of block.settings)
    if (s.statement.row.keyword === 'nb_get_retry')
      c.reporter.report('KA1107', s.statement.keyword.at, "nb_get_retry is deprecated - please use 'retry'", {
        effect: 'keepalived still obeys it',
        fix: "write 'retry'",
      });
  const protocol = (block.text('http_protocol') ?? '1.0').toUpperCase();
  const sni = block.get('sni_name');
  return {
    type: block.keyword === 'SSL_GET' ? 'SSL_GET' : 'HTTP_GET',
    timing,
    connection,
    urls,
    protocol: protocol === '1.1' || protocol === '1.0C' ? protocol : '1.0',
    virtualHost: own,
    enableSni: sni !== undefined || (block.boolean('enable_sni') ?? false),
    sniName: typeof sni?.value === 'string' ? sni.value : undefined,
    fastRecovery: block.boolean('fast_recovery') ?? false,
  };
}

function buildUrl(
  block: Block,
  hostName: string | undefined,
  compliant: boolean,
  c: BuildContext,
): HttpUrl | undefined {
  const path = block.text('path');
  const at = block.statement?.keyword.at;
  if (path === undefined) {
    if (at !== undefined)
      c.reporter.report('KA1132', at, 'HTTP/SSL_GET checker url has no path - ignoring', {
        effect: 'keepalived ignores the url',
        fix: "add 'path /'",
      });
    return undefined;
  }
  const regex = buildRegex(block, c);
  return {
    path,
    virtualHost: block.text('virtualhost') ?? hostName,
    digest: digest(block.get('digest'), c),
    statusCodes: statusCodes(block, c),
    regex,
    tlsCompliant: block.boolean('tls_compliant') ?? compliant,
  };
}

function digest(setting: Setting | undefined, c: BuildContext): Uint8Array | undefined {
  const word = setting?.words[0];
  if (word === undefined) return undefined;
  const octets = word.text.length === 32 ? octetsOf([word], false) : undefined;
  if (octets?.data.length === 16) return octets.data;
  c.reporter.report(
    'KA1137',
    word.at,
    word.text.length === 32
      ? `Unable to interpret hex digit in '${word.text}'`
      : `digest '${word.text}' character length should be 32 rather than ${word.text.length}`,
    { effect: 'keepalived ignores the digest', fix: 'write the MD5 of the body, 32 hexadecimal digits' },
  );
  return undefined;
}

function statusCodes(block: Block, c: BuildContext): HttpUrl['statusCodes'] {
  let out: (readonly [number, number])[] | undefined;
  for (const s of block.settings) {
    if (s.statement.row.keyword !== 'status_code') continue;
    for (const word of s.words) {
      const [low, high] = word.text.split('-');
      const from = wholeNumber(low ?? '', 599);
      const to = high === undefined ? from : wholeNumber(high, 599);
      if (from !== undefined && to !== undefined && from >= 100 && from <= to && !/-.*-/.test(word.text)) {
        out ??= [];
        out.push([from, to]);
      } else
        c.reporter.report('KA1138', word.at, `Invalid HTTP_GET status code '${word.text}'`, {
          effect: 'keepalived ignores this code',
          fix: 'write codes of 100..599 and ranges LOW-HIGH, with blanks in between',
        });
    }
  }
  return out ?? SUCCESS;
}

export const REGEX_OPTIONS: ReadonlySet<string> = new Set(
  (
    'allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline ' +
    'match_unset_backref multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor ' +
    'no_start_optimize ucp ungreedy utf never_backslash_c alt_circumflex alt_verbnames use_offset_limit'
  ).split(' '),
);

/** KEEPALIVED: only logs what is wrong here; its configuration test says nothing. */
function odd(at: Word['at'], message: string, effect: string, c: BuildContext): void {
  c.reporter.report('KA1139', at, message, { effect });
}

function buildRegex(block: Block, c: BuildContext): HttpRegex | undefined {
  const options: string[] = [];
  for (const s of block.settings) {
    if (s.statement.row.keyword !== 'regex_options') continue;
    for (const word of s.words)
      if (REGEX_OPTIONS.has(word.text)) options.push(word.text);
      else odd(word.at, `unknown regex option '${word.text}'`, 'keepalived ignores the word', c);
  }
  const minOffset = offset(block.get('regex_min_offset'), c);
  const maxOffset = offset(block.get('regex_max_offset'), c);
  const [start, max] = stack(block.get('regex_stack'), c);
  const setting = block.get('regex');
  const [pattern, more] = setting?.words ?? [];
  if (pattern === undefined || more !== undefined) {
    const about = setting ?? block.settings.find((s) => s.statement.row.keyword.startsWith('regex'));
    if (about !== undefined)
      odd(
        about.at,
        setting === undefined ? 'regex parameters specified without regex' : 'regex takes exactly one word',
        'keepalived checks no regex',
        c,
      );
    return undefined;
  }
  if (maxOffset !== undefined && maxOffset <= (minOffset ?? 0))
    odd(
      block.get('regex_max_offset')?.at ?? pattern.at,
      `regex_max_offset ${maxOffset} is not above regex_min_offset ${minOffset ?? 0}`,
      'the regex can never match',
      c,
    );
  return {
    pattern: pattern.text,
    noMatch: block.has('regex_no_match'),
    options,
    minOffset: minOffset ?? 0,
    maxOffset,
    stackStart: start,
    stackMax: max,
  };
}

/** KEEPALIVED: what is no number counts as 0. */
function offset(s: Setting | undefined, c: BuildContext): number | undefined {
  if (s === undefined) return undefined;
  const value = s.words.length === 1 ? wholeNumber(s.words[0]?.text ?? '', 0xffffffff) : undefined;
  if (value === undefined)
    odd(
      s.at,
      `${s.statement.row.keyword} '${s.words.map((w) => w.text).join(' ')}' is no number`,
      'it counts as 0',
      c,
    );
  return value ?? 0;
}

function stack(s: Setting | undefined, c: BuildContext): readonly [number, number] {
  if (s === undefined) return [0, 0];
  const start = wholeNumber(s.words[0]?.text ?? '', 0xffffffff);
  const max = wholeNumber(s.words[1]?.text ?? '', 0xffffffff);
  if (start !== undefined && max !== undefined && start <= max && s.words.length === 2) return [start, max];
  odd(s.at, 'regex_stack takes a start and a larger maximum', 'keepalived ignores the line', c);
  return [0, 0];
}
