/** Which firewall keepalived uses for VMACs and 'no_accept', and under which names. */
import { tooLong } from './context.ts';
import type { Reporter } from './diagnostic.ts';
import type { FirewallSettings, IpsetNames } from './global-config.ts';
import type { Block, Setting } from './settings.ts';

/** XT_EXTENSION_MAXNAMELEN and IPSET_MAXNAMELEN less their ends, and what 2.4.3 allows for tables. */
const CHAIN_BYTES = 27;
const NAME_BYTES = 30;
/** The sets' default names are the first one's with these behind it. */
const SET_TAILS = ['', '6', '_if6', '_igmp', '_mld', '_nd'];
const SETS: readonly string[] = SET_TAILS.map((tail) => `keepalived${tail}`);

/** The name, else `fallback`; one that is too long counts as not written. */
function named(setting: Setting | undefined, fallback: string, reporter: Reporter): string | undefined {
  if (setting === undefined) return undefined;
  const name = typeof setting.value === 'string' ? setting.value : fallback;
  if (name !== '' && !tooLong(name, NAME_BYTES)) return name;
  tooLongName(setting, name, NAME_BYTES, reporter);
  return fallback;
}

function tooLongName(setting: Setting, name: string, bytes: number, reporter: Reporter): void {
  const keyword = setting.statement.keyword.text;
  reporter.report('KA0559', setting.at, `${keyword} name '${name}' does not have 1 to ${bytes} bytes`, {
    effect: 'the default name is used',
    fix: 'choose a shorter name',
    // Debian's 2.2.7 takes table names of any length.
    ...(keyword.startsWith('nftables') ? { keepalivedClass: 'none' } : {}),
  });
}

export function readFirewall(block: Block, reporter: Reporter): FirewallSettings {
  const table = named(block.get('nftables'), 'keepalived', reporter);
  const iptables = readIptables(block, reporter);
  if (table !== undefined && iptables !== undefined)
    reporter.report(
      'KA0563',
      block.get('vrrp_iptables')?.statement.keyword.at ?? (block.get('nftables') as Setting).at,
      'both nftables and vrrp_iptables are configured - ignoring vrrp_iptables',
      { effect: 'nftables is used', fix: 'remove one of the two', keepalivedClass: 'none' },
    );
  const ipvs = readIpvs(block, reporter);
  return {
    tool: table !== undefined ? 'nftables' : iptables !== undefined ? 'iptables' : 'auto',
    nftables: {
      table: table ?? 'keepalived',
      priority: block.number('nftables_priority') ?? -1,
      byIfindex: block.has('nftables_ifindex'),
      counters: block.has('nftables_counters'),
    },
    ...(iptables === undefined ? {} : { iptables }),
    ...(ipvs === undefined ? {} : { ipvs }),
  };
}

/** 'nftables_ipvs' sets priority and first mark back to their defaults where it stands. */
function readIpvs(block: Block, reporter: Reporter): FirewallSettings['ipvs'] {
  const setting = block.get('nftables_ipvs');
  const table = named(setting, 'keepalived_ipvs', reporter);
  if (setting === undefined || table === undefined) return undefined;
  const behind = block.settings.slice(block.settings.indexOf(setting) + 1);
  const number = (keyword: string, fallback: number): number => {
    const value = behind.findLast((s) => s.statement.keyword.text === keyword)?.value;
    return typeof value === 'number' ? value : fallback;
  };
  return {
    table,
    priority: number('nftables_ipvs_priority', -1),
    startFwmark: number('nftables_ipvs_start_fwmark', 1000),
  };
}

function readIptables(block: Block, reporter: Reporter): FirewallSettings['iptables'] {
  const setting = block.get('vrrp_iptables');
  if (setting === undefined) {
    const sets = block.get('vrrp_ipsets');
    if (sets !== undefined)
      reporter.report('KA0563', sets.statement.keyword.at, 'vrrp_ipsets without vrrp_iptables', {
        effect: 'the names are not used',
        fix: "add 'vrrp_iptables', or remove the line",
        keepalivedClass: 'unknown-keyword', // Debian's build does not have ipsets
      });
    return undefined;
  }
  const [first, second] = setting.words;
  const long = [first, second].find((w) => w !== undefined && tooLong(w.text, CHAIN_BYTES));
  if (long !== undefined) tooLongName(setting, long.text, CHAIN_BYTES, reporter);
  else if (first !== undefined && first.text === second?.text)
    reporter.report('KA0560', second.at, 'vrrp_iptables: input and output chain names must be different', {
      effect: 'the default chains INPUT and OUTPUT are used',
      fix: 'write two names',
    });
  const valid = long === undefined && (first === undefined || first.text !== second?.text);
  const sets = readSets(block, reporter);
  return {
    inChain: valid && first !== undefined ? first.text : 'INPUT',
    // KEEPALIVED: with a chain for input alone, nothing is put into an output chain.
    outChain: valid && first !== undefined ? (second?.text ?? '') : 'OUTPUT',
    ...(sets === undefined ? {} : { sets }),
  };
}

/** The names given, the rest made from the first; undefined for a bare 'vrrp_ipsets': no sets. */
function readSets(block: Block, reporter: Reporter): IpsetNames | undefined {
  const setting = block.get('vrrp_ipsets');
  if (setting !== undefined && setting.words.length === 0) return undefined;
  const given = setting?.words.slice(0, SETS.length).map((w) => w.text) ?? [];
  const bad = given.find((name) => name === '' || tooLong(name, NAME_BYTES));
  const stem = given[0] ?? 'keepalived';
  const names = bad === undefined ? SET_TAILS.map((tail, i) => given[i] ?? stem + tail) : SETS;
  if (setting !== undefined && bad !== undefined) tooLongName(setting, bad, NAME_BYTES, reporter);
  else if (setting !== undefined && new Set(names).size < names.length)
    reporter.report('KA0560', setting.at, 'vrrp_ipsets: the names of the sets must be different', {
      effect: 'the default names are used',
      fix: 'write different names',
    });
  const [ipv4, ipv6, ipv6Interface, igmp, mld, nd] = (
    new Set(names).size < names.length ? SETS : names
  ) as readonly [string, string, string, string, string, string];
  return { ipv4, ipv6, ipv6Interface, igmp, mld, nd };
}
