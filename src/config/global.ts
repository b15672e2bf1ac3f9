/** 'global_defs' (all blocks of that name together) and the global keywords of the top level. */
import { isMulticast, parseIp } from '../base/ip.ts';
import type { Command, GlobalConfig, SmtpConfig } from './config.ts';
import { tooLong } from './context.ts';
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import { type Block, readBlock, type Setting, type SettingsContext } from './settings.ts';
import type { Statement } from './tree.ts';

/** What instances, groups and scripts take over when they do not say otherwise. */
export type Globals = {
  readonly config: GlobalConfig;
  readonly version: 2 | 3;
  readonly strict: boolean;
  readonly dynamicInterfaces: boolean;
  readonly defaultInterface: string;
  readonly scriptUser: string | undefined;
  readonly scriptGroup: string | undefined;
  readonly scriptSecurity: boolean;
  readonly multicastGroup4: string;
  readonly multicastGroup6: string;
  readonly garp: GlobalGarp;
  readonly lowerPrioNoAdvert: boolean | undefined;
  readonly higherPrioSendAdvert: boolean;
  readonly ownerIgnoreAdverts: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly checkUnicastSource: boolean;
  readonly v3ChecksumAsV2: boolean;
  readonly downTimerAdverts: number;
  readonly smtpAlertVrrp: boolean;
  readonly smtpAlertChecker: boolean | undefined; // unset: on for real servers, off for virtual servers
  readonly checkerLogAllFailures: boolean;
};

export type GlobalGarp = {
  readonly delayS: number;
  readonly repeat: number;
  readonly refreshS: number;
  readonly refreshRepeat: number;
  readonly lowerPrioDelayS: number;
  readonly lowerPrioRepeat: number;
};

/**
 * What vipd carries out of 'global_defs', and what needs no carrying out: words of a mail relay, of children and of
 * SNMP or D-Bus whose main keyword is reported already. Every other keyword is reported as not active.
 */
const ACTIVE = new Set([
  'process_name',
  'router_id',
  'startup_script',
  'startup_script_timeout',
  'shutdown_script',
  'shutdown_script_timeout',
  'dynamic_interfaces',
  'default_interface',
  'v3_checksum_as_v2',
  'vrrp_mcast_group4',
  'vrrp_mcast_group6',
  'vrrp_garp_master_delay',
  'vrrp_garp_master_repeat',
  'vrrp_garp_master_refresh',
  'vrrp_garp_master_refresh_repeat',
  'vrrp_garp_lower_prio_delay',
  'vrrp_garp_lower_prio_repeat',
  'vrrp_garp_interval',
  'vrrp_gna_interval',
  'vrrp_min_garp',
  'vrrp_down_timer_adverts',
  'vrrp_lower_prio_no_advert',
  'vrrp_higher_prio_send_advert',
  'vrrp_owner_ignore_adverts',
  'vrrp_version',
  'vrrp_check_unicast_src',
  'vrrp_skip_check_adv_addr',
  'vrrp_strict',
  'vrrp_startup_delay',
  'script_user',
  'enable_script_security',
  'reload_check_config', // always: a file that cannot be run changes nothing
  'include_check',
  'notification_email',
  'notification_email_from',
  'smtp_helo_name',
  'smtp_connect_timeout',
  'no_email_faults',
  'no_checker_emails',
  'process_names', // of children: there are none
  'vrrp_process_name',
  'checker_process_name',
  'lvs_process_name',
  'bfd_process_name',
  'random_seed',
]);

/** Blocks and keywords of the top level that are not carried out yet. */
const INACTIVE_TOP = new Set([
  'SSL',
  'namespace_with_ipsets',
  'net_namespace',
  'net_namespace_ipvs',
  'static_ipaddress',
  'static_routes',
  'static_rules',
  'track_group',
  'garp_group',
  'linkbeat_use_polling',
  'linkbeat_interfaces',
  'interface_up_down_delays',
  'vrrp_track_process',
  'track_file',
  'vrrp_track_file',
  'bfd_instance',
  'virtual_server',
  'virtual_server_group',
]);

export function buildGlobals(
  statements: readonly Statement[],
  context: SettingsContext,
  environment: LoadEnvironment,
): Globals {
  const { reporter } = context;
  const parts = statements.filter((s) => s.keyword.text === 'global_defs');
  const block = readBlock(
    undefined,
    parts.flatMap((s) => s.body),
    context,
  );
  const plain = statements.filter((s) => s.row.type !== 'block' && s.row.type !== 'values');
  const top = readBlock(undefined, plain, context);
  const strict = block.boolean('vrrp_strict') ?? false;
  const account = scriptAccount(block.get('script_user'), environment, reporter);
  checkDeprecated(block, reporter);
  checkProcessNames(block, reporter);
  const smtpAlert = block.boolean('smtp_alert_vrrp') ?? block.boolean('smtp_alert') ?? false;
  return {
    config: globalConfig(block, top, statements, account, environment, reporter),
    version: block.number('vrrp_version') === 3 ? 3 : 2,
    strict,
    dynamicInterfaces: block.has('dynamic_interfaces'),
    defaultInterface: block.text('default_interface') ?? 'eth0',
    scriptUser: account?.user,
    scriptGroup: account?.group,
    scriptSecurity: block.has('enable_script_security'),
    multicastGroup4: group(block, 4, reporter) ?? '224.0.0.18',
    multicastGroup6: group(block, 6, reporter) ?? 'ff02::12',
    garp: globalGarp(block),
    lowerPrioNoAdvert: block.boolean('vrrp_lower_prio_no_advert'),
    higherPrioSendAdvert: block.boolean('vrrp_higher_prio_send_advert') ?? false,
    ownerIgnoreAdverts: block.boolean('vrrp_owner_ignore_adverts') ?? false,
    skipCheckAdvAddr: block.boolean('vrrp_skip_check_adv_addr') ?? false,
    checkUnicastSource: block.has('vrrp_check_unicast_src'),
    v3ChecksumAsV2: block.has('v3_checksum_as_v2'),
    downTimerAdverts: block.number('vrrp_down_timer_adverts') ?? 3,
    smtpAlertVrrp: smtpAlert,
    smtpAlertChecker: block.boolean('smtp_alert_checker') ?? block.boolean('smtp_alert'),
    checkerLogAllFailures: block.boolean('checker_log_all_failures') ?? false,
  };
}

type Account = { readonly user: string; readonly group: string | undefined };

function globalConfig(
  block: Block,
  top: Block,
  statements: readonly Statement[],
  account: Account | undefined,
  environment: LoadEnvironment,
  reporter: Reporter,
): GlobalConfig {
  const smtp = smtpConfig(block, environment, reporter);
  const startup = block.command('startup_script');
  const shutdown = block.command('shutdown_script');
  const namespace = top.text('net_namespace');
  const instance = top.text('instance');
  const processName = block.text('process_name');
  return {
    routerId: block.text('router_id') ?? environment.hostName,
    ...(account === undefined ? {} : { scriptUser: account.user }),
    ...(account?.group === undefined ? {} : { scriptGroup: account.group }),
    scriptSecurity: block.has('enable_script_security'),
    maxScriptOutputBytes: 4096,
    dynamicInterfaces: block.has('dynamic_interfaces'),
    startupDelayUs: largest(block, 'vrrp_startup_delay'),
    garpIntervalUs: block.number('vrrp_garp_interval') ?? 0,
    gnaIntervalUs: block.number('vrrp_gna_interval') ?? 0,
    ...(startup === undefined ? {} : { startupScript: startup }),
    ...(shutdown === undefined ? {} : { shutdownScript: shutdown }),
    startupScriptTimeoutS: block.number('startup_script_timeout') ?? 10,
    shutdownScriptTimeoutS: block.number('shutdown_script_timeout') ?? 10,
    ...(namespace === undefined ? {} : { netNamespace: namespace }),
    ...(instance === undefined ? {} : { instanceName: instance }),
    usePidDir: top.has('use_pid_dir') || instance !== undefined || namespace !== undefined,
    ...(processName === undefined ? {} : { processName: processName.slice(0, 15) }),
    logUnknownVrids: block.has('log_unknown_vrids'),
    ...(smtp === undefined ? {} : { smtp }),
    reloadCheck: block.has('reload_check_config'),
    inactive: inactive(block, statements),
  };
}

function inactive(block: Block, statements: readonly Statement[]): readonly string[] {
  const found = new Set<string>();
  for (const s of block.settings)
    if (!ACTIVE.has(s.statement.keyword.text)) found.add(s.statement.keyword.text);
  for (const s of statements) if (INACTIVE_TOP.has(s.keyword.text)) found.add(s.keyword.text);
  return [...found];
}

/** The largest of several lines counts. */
const largest = (block: Block, keyword: string): number =>
  Math.max(
    0,
    ...block.settings
      .filter((s) => s.statement.keyword.text === keyword)
      .map((s) => (typeof s.value === 'number' ? s.value : 0)),
  );

function scriptAccount(
  setting: Setting | undefined,
  environment: LoadEnvironment,
  reporter: Reporter,
): Account | undefined {
  const [user, group] = setting?.words ?? [];
  if (setting === undefined || user === undefined) return undefined;
  const known = environment.userExists?.(user.text) ?? true;
  const groupName = group?.text.replace(/^:/, '');
  const groupKnown = groupName === undefined || (environment.groupExists?.(groupName) ?? true);
  if (!known || !groupKnown)
    reporter.report(
      'KA0551',
      setting.at,
      `Error setting global script uid/gid: '${known ? groupName : user.text}' does not exist`,
      {
        effect: 'scripts without a user of their own are dropped',
        fix: 'create the account, or name another one',
      },
    );
  return { user: user.text, group: groupName };
}

/** A multicast group of the family; keepalived accepts an IPv6 group of any scope with a warning. */
function group(block: Block, family: 4 | 6, reporter: Reporter): string | undefined {
  for (const setting of block.latest(`vrrp_mcast_group${family}`)) {
    const text = String(setting.value);
    const bytes = parseIp(text);
    if (bytes === undefined || bytes.length !== (family === 4 ? 4 : 16) || !isMulticast(bytes)) {
      reporter.report('KA0552', setting.at, `'${text}' is not an IPv${family} multicast address`, {
        effect: 'keepalived ignores the line',
      });
      continue;
    }
    if (family === 6 && ((bytes[1] ?? 0) & 0x0f) !== 2)
      reporter.report('KA0553', setting.at, `vrrp_mcast_group6 ${text} does not have link-local scope`, {
        effect: 'keepalived uses it all the same',
        fix: 'choose an address in ff02::/16',
      });
    return text;
  }
  return undefined;
}

/**
 * The vrrp_garp_* defaults. 'vrrp_min_garp' works where it stands: it replaces what is still at its default there, and
 * later lines replace its values.
 */
function globalGarp(block: Block): GlobalGarp {
  const garp = { delayS: 5, repeat: 5, refreshS: 0, refreshRepeat: 1 };
  let lowerDelay: number | undefined;
  let lowerRepeat: number | undefined;
  for (const { statement, value } of block.settings) {
    const keyword = statement.keyword.text;
    if (keyword === 'vrrp_min_garp' && value === true) {
      if (garp.delayS === 5) garp.delayS = 0;
      if (garp.repeat === 5) garp.repeat = 1;
      if (garp.refreshRepeat === 1) garp.refreshRepeat = 0;
    }
    if (typeof value !== 'number') continue;
    if (keyword === 'vrrp_garp_master_delay') garp.delayS = value;
    else if (keyword === 'vrrp_garp_master_repeat') garp.repeat = value;
    else if (keyword === 'vrrp_garp_master_refresh') garp.refreshS = value;
    else if (keyword === 'vrrp_garp_master_refresh_repeat') garp.refreshRepeat = value;
    else if (keyword === 'vrrp_garp_lower_prio_delay') lowerDelay = value;
    else if (keyword === 'vrrp_garp_lower_prio_repeat') lowerRepeat = value;
  }
  return { ...garp, lowerPrioDelayS: lowerDelay ?? garp.delayS, lowerPrioRepeat: lowerRepeat ?? garp.repeat };
}

type Relay = { readonly server: string; readonly port: number };

/** The last line that names a usable relay. */
function relay(block: Block, reporter: Reporter): Relay | undefined {
  let found: Relay | undefined;
  for (const setting of block.latest('smtp_server')) {
    const [host, port] = setting.words;
    const number = port === undefined ? 25 : /^\d{1,5}$/.test(port.text) ? Number(port.text) : 0;
    if (number >= 1 && number <= 65535) found ??= { server: host?.text ?? '', port: number };
    else
      reporter.report(
        'KA0555',
        setting.at,
        `Invalid smtp server ${setting.words.map((w) => w.text).join(' ')}`,
        {
          effect: 'keepalived ignores the line',
          fix: 'write a port in 1..65535, or nothing for 25',
        },
      );
  }
  return found;
}

function smtpConfig(block: Block, environment: LoadEnvironment, reporter: Reporter): SmtpConfig | undefined {
  const server = relay(block, reporter);
  const [from, surplus] = block.get('notification_email_from')?.words ?? [];
  if (surplus !== undefined)
    reporter.report('KA0554', surplus.at, 'notification_email_from has extra words', {
      effect: 'keepalived uses the first word',
      fix: 'quote a display name: "Name <user@host>"',
    });
  const lists = block.list('notification_email');
  for (const l of lists.filter((x) => x.entries.length === 0))
    reporter.report('KA0411', l.keyword.at, 'Block notification_email is empty', {
      effect: 'keepalived ignores it',
    });
  if (server === undefined) return undefined;
  return {
    ...server,
    heloName: block.text('smtp_helo_name') ?? environment.hostName,
    connectTimeoutS: block.number('smtp_connect_timeout') ?? 30,
    ...(from === undefined ? {} : { from: from.text }),
    to: lists.flatMap((l) => l.entries.flatMap((e) => e.words.map((w) => w.text))),
  };
}

function checkProcessNames(block: Block, reporter: Reporter): void {
  for (const { statement, value, at } of block.settings)
    if (statement.keyword.text.endsWith('process_name') && typeof value === 'string' && tooLong(value))
      reporter.report('KA0557', at, `Process name ${value} more than 15 characters, truncating`, {
        effect: `the name is '${value.slice(0, 15)}'`,
      });
}

const DEPRECATED: Readonly<Record<string, string>> = { vrrp_vmac_garp_intvl: 'vrrp_garp_extra_if' };

function checkDeprecated(block: Block, reporter: Reporter): void {
  for (const s of block.settings) {
    const word = s.statement.keyword.text;
    const instead = DEPRECATED[word];
    if (instead !== undefined)
      reporter.report('KA0556', s.statement.keyword.at, `${word} is deprecated - please use ${instead}`, {
        effect: 'keepalived still obeys it',
      });
  }
}

/** A command of global_defs whose account is checked with the others. */
export const globalCommands = (globals: Globals): readonly Command[] =>
  [globals.config.startupScript, globals.config.shutdownScript].filter((c) => c !== undefined);
