/** 'global_defs' (all blocks of that name together) and the global keywords of the top level. */
import { isMulticast, parseIp } from '../base/ip.ts';
import type { Command, GlobalConfig, SmtpConfig } from './config.ts';
import { tooLong } from './context.ts';
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import { readGarpExtra } from './garp-extra.ts';
import type { GarpConfig, GlobalSettings, InstanceDefaults } from './global-config.ts';
import { readFiles, readReload } from './global-files.ts';
import { readFirewall } from './global-firewall.ts';
import { readLvs } from './global-lvs.ts';
import { readAlerts, readDbus, readFifos, readSnmp } from './global-notify.ts';
import { cutName, readBuffers, readProcesses } from './global-processes.ts';
import { inactiveKeywords, inactiveOf } from './inactive.ts';
import { type Block, readBlock, type Setting, type SettingsContext } from './settings.ts';
import type { Statement } from './tree.ts';

const S = 1_000_000;

/** What instances, groups and scripts take over when they do not say otherwise. */
export type Globals = Omit<InstanceDefaults, 'interface' | 'lowerPrioNoAdvert'> & {
  readonly config: GlobalConfig;
  readonly dynamicInterfaces: boolean;
  readonly defaultInterface: string;
  readonly scriptUser: string | undefined;
  readonly scriptGroup: string | undefined;
  readonly scriptSecurity: boolean;
  readonly lowerPrioNoAdvert: boolean | undefined;
  readonly smtpAlertVrrp: boolean;
  readonly smtpAlertChecker: boolean | undefined; // unset: on for real servers, off for virtual servers
  readonly checkerLogAllFailures: boolean;
};

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
  const account = scriptAccount(block.get('script_user'), environment, reporter);
  checkDeprecated(block, reporter);
  checkProcessNames(block, reporter);
  const smtpAlert = block.boolean('smtp_alert_vrrp') ?? block.boolean('smtp_alert') ?? false;
  const defaults = instanceDefaults(block, reporter);
  return {
    ...defaults,
    config: globalConfig({ block, top, statements, account, environment, reporter, defaults }),
    dynamicInterfaces: block.has('dynamic_interfaces'),
    defaultInterface: defaults.interface,
    scriptUser: account?.user,
    scriptGroup: account?.group,
    scriptSecurity: block.has('enable_script_security'),
    lowerPrioNoAdvert: block.boolean('vrrp_lower_prio_no_advert'),
    smtpAlertVrrp: smtpAlert,
    smtpAlertChecker: block.boolean('smtp_alert_checker') ?? block.boolean('smtp_alert'),
    checkerLogAllFailures: block.boolean('checker_log_all_failures') ?? false,
  };
}

function instanceDefaults(block: Block, reporter: Reporter): InstanceDefaults {
  const vmacPrefix = block.text('vmac_prefix') ?? 'vrrp';
  const extra = block.settings.filter((s) =>
    /^vrrp_(?:garp_extra_if|vmac_garp_intvl)$/.test(s.statement.keyword.text),
  );
  return {
    version: block.number('vrrp_version') === 3 ? 3 : 2,
    strict: block.boolean('vrrp_strict') ?? false,
    interface: block.text('default_interface') ?? 'eth0',
    multicastGroup4: group(block, 4, reporter) ?? '224.0.0.18',
    multicastGroup6: group(block, 6, reporter) ?? 'ff02::12',
    garp: globalGarp(block),
    garpExtra: readGarpExtra(extra, 1, 'KA0566', '', reporter) ?? { intervalUs: 0, allInterfaces: false },
    downTimerAdverts: block.number('vrrp_down_timer_adverts') ?? 3,
    lowerPrioNoAdvert: block.boolean('vrrp_lower_prio_no_advert') ?? false,
    higherPrioSendAdvert: block.boolean('vrrp_higher_prio_send_advert') ?? false,
    ownerIgnoreAdverts: block.boolean('vrrp_owner_ignore_adverts') ?? false,
    skipCheckAdvAddr: block.boolean('vrrp_skip_check_adv_addr') ?? false,
    checkUnicastSource: block.has('vrrp_check_unicast_src'),
    v3ChecksumAsV2: block.has('v3_checksum_as_v2'),
    notifyPriorityChanges: block.boolean('vrrp_notify_priority_changes') ?? false,
    vmacPrefix,
    vmacAddressPrefix: block.text('vmac_addr_prefix') ?? vmacPrefix,
  };
}

type Account = { readonly user: string; readonly group: string | undefined };

type Parts = {
  readonly block: Block;
  readonly top: Block;
  readonly statements: readonly Statement[];
  readonly account: Account | undefined;
  readonly environment: LoadEnvironment;
  readonly reporter: Reporter;
  readonly defaults: InstanceDefaults;
};

function globalConfig(p: Parts): GlobalConfig {
  const { block, top, account, reporter, environment } = p;
  const smtp = smtpConfig(block, environment, reporter);
  const startup = block.command('startup_script');
  const shutdown = block.command('shutdown_script');
  const namespace = top.text('net_namespace');
  const instance = top.text('instance');
  const processName = block.text('process_name');
  return {
    ...globalSettings(p),
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
    ...(processName === undefined ? {} : { processName: cutName(processName) }),
    logUnknownVrids: block.has('log_unknown_vrids'),
    ...(smtp === undefined ? {} : { smtp }),
    reloadCheck: block.has('reload_check_config'),
    inactive: inactive(p),
  };
}

function globalSettings({ block, top, environment, reporter, defaults }: Parts): GlobalSettings {
  const ipvs = top.get('net_namespace_ipvs');
  const seed = block.number('random_seed');
  return {
    defaults,
    processes: readProcesses(block, top, environment.cpuCount, reporter),
    buffers: readBuffers(block, reporter),
    firewall: readFirewall(block, reporter),
    lvs: readLvs(block, reporter),
    fifos: readFifos(block, environment, reporter),
    snmp: readSnmp(block),
    dbus: readDbus(block),
    alerts: readAlerts(block),
    fileSettings: readFiles(block, reporter),
    reload: readReload(block),
    // Joined later: these blocks need to know interfaces and instances.
    linkbeat: { all: top.has('linkbeat_use_polling'), interfaces: [] },
    interfaceDelays: [],
    garpGroups: [],
    delayAfterBootUs: largest(block, 'vrrp_delay_after_boot'),
    interfacesMayChange: block.settings.some((s) => s.value === 'allow_if_changes'),
    disableLocalIgmp: block.has('disable_local_igmp'),
    supplementaryGroups: block.boolean('set_supplementary_groups') ?? false,
    ...(seed === undefined ? {} : { randomSeed: seed }),
    ...(ipvs === undefined ? {} : { netNamespaceIpvs: typeof ipvs.value === 'string' ? ipvs.value : '' }),
    namespaceWithIpsets: top.has('namespace_with_ipsets'),
  };
}

/** Words of global_defs that took effect, then blocks and keywords of the top level. */
function inactive({ block, statements }: Parts): readonly string[] {
  const body = statements.filter((s) => s.keyword.text === 'global_defs').flatMap((s) => s.body);
  return [...inactiveKeywords(block, body), ...inactiveOf(statements)];
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
function globalGarp(block: Block): GarpConfig {
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
  return {
    delayUs: garp.delayS * S,
    repeatCount: garp.repeat,
    refreshUs: garp.refreshS * S,
    refreshRepeatCount: garp.refreshRepeat,
    lowerPrioDelayUs: (lowerDelay ?? garp.delayS) * S,
    lowerPrioRepeatCount: lowerRepeat ?? garp.repeat,
  };
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
        effect: `the name is '${cutName(value)}'`,
      });
}

const DEPRECATED: Readonly<Record<string, string>> = { vrrp_vmac_garp_intvl: 'vrrp_garp_extra_if' };
/** Old spellings that keepalived mentions in its log only. */
const OLD: Readonly<Record<string, string>> = {
  lvs_process_name: 'checker_process_name',
  lvs_flush_onstop: 'lvs_flush_on_stop',
  vrrp_rlimit_rtime: 'vrrp_rlimit_rttime',
  checker_rlimit_rtime: 'checker_rlimit_rttime',
  bfd_rlimit_rtime: 'bfd_rlimit_rttime',
};

function checkDeprecated(block: Block, reporter: Reporter): void {
  for (const s of block.settings) {
    const word = s.statement.keyword.text;
    const instead = DEPRECATED[word];
    const current = OLD[word];
    if (current !== undefined)
      reporter.report('KA0570', s.statement.keyword.at, `${word} is an old spelling of ${current}`, {
        effect: 'keepalived still obeys it',
        fix: `write '${current}'`,
      });
    if (instead !== undefined)
      reporter.report('KA0556', s.statement.keyword.at, `${word} is deprecated - please use ${instead}`, {
        effect: 'keepalived still obeys it',
      });
  }
}

/** A command of global_defs whose account is checked with the others. */
export const globalCommands = (globals: Globals): readonly Command[] =>
  [
    globals.config.startupScript,
    globals.config.shutdownScript,
    globals.config.fifos.all?.script,
    globals.config.fifos.vrrp?.script,
    globals.config.fifos.lvs?.script,
  ].filter((c) => c !== undefined);
