/** How 'global_defs' wants the outside told: FIFOs, SNMP, D-Bus, who gets mail. */
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import type { AlertSettings, DbusSettings, FifoConfig, FifosConfig, SnmpSettings } from './global-config.ts';
import type { Block } from './settings.ts';

const S = 1_000_000;

export function readFifos(block: Block, environment: LoadEnvironment, reporter: Reporter): FifosConfig {
  const all = readFifo(block, 'notify_fifo', environment, reporter);
  const own = (keyword: string): FifoConfig | undefined => {
    const fifo = readFifo(block, keyword, environment, reporter);
    const setting = block.get(keyword);
    if (setting === undefined || fifo === undefined || fifo.path !== all?.path) return fifo;
    reporter.report(
      'KA0567',
      setting.at,
      `${keyword} has been specified with the same path as notify_fifo - ignoring ${keyword}`,
      { effect: 'notify_fifo gets these events too', fix: 'use another path, or remove the line' },
    );
    return undefined;
  };
  const vrrp = own('vrrp_notify_fifo');
  const lvs = own('lvs_notify_fifo');
  return {
    ...(all === undefined ? {} : { all }),
    ...(vrrp === undefined ? {} : { vrrp }),
    ...(lvs === undefined ? {} : { lvs: withoutSecondScript(lvs, vrrp) }),
    writeStatesOnReload: block.has('fifo_write_vrrp_states_on_reload'),
  };
}

/** KEEPALIVED: one FIFO for VRRP and LVS has one reader, that of VRRP. */
function withoutSecondScript(lvs: FifoConfig, vrrp: FifoConfig | undefined): FifoConfig {
  if (lvs.path !== vrrp?.path || vrrp.script === undefined) return lvs;
  const { script: _, ...rest } = lvs;
  return rest;
}

function readFifo(
  block: Block,
  keyword: string,
  environment: LoadEnvironment,
  reporter: Reporter,
): FifoConfig | undefined {
  const [path, user, group] = block.get(keyword)?.words ?? [];
  const script = block.command(`${keyword}_script`);
  const scriptSetting = block.get(`${keyword}_script`);
  if (path === undefined) {
    if (scriptSetting !== undefined)
      reporter.report('KA0568', scriptSetting.at, `${keyword}_script without ${keyword}`, {
        effect: 'keepalived does not start it',
        fix: `add '${keyword} PATH'`,
      });
    return undefined;
  }
  const groupName = group?.text.replace(/^:/, '');
  const missing =
    user !== undefined && environment.userExists?.(user.text) === false
      ? user
      : groupName !== undefined && environment.groupExists?.(groupName) === false
        ? group
        : undefined;
  if (missing !== undefined) {
    reporter.report('KA0569', missing.at, `account '${missing.text}' of ${keyword} does not exist`, {
      effect: 'keepalived makes no FIFO',
      fix: 'create the account, or name another one',
    });
    return undefined;
  }
  return {
    path: path.text,
    ...(user === undefined ? {} : { user: user.text }),
    ...(groupName === undefined ? {} : { group: groupName }),
    ...(script === undefined ? {} : { script }),
  };
}

export function readSnmp(block: Block): SnmpSettings {
  const socket = block.text('snmp_socket');
  const services = block.number('snmp_vs_stats_update_interval') ?? 5 * S;
  const rfc = block.has('enable_snmp_rfc');
  return {
    ...(socket === undefined ? {} : { socket }),
    traps: block.has('enable_traps'),
    vrrp: block.has('enable_snmp_vrrp') || block.has('enable_snmp_keepalived'),
    checker: block.has('enable_snmp_checker'),
    rfcV2: rfc || block.has('enable_snmp_rfcv2'),
    rfcV3: rfc || block.has('enable_snmp_rfcv3'),
    virtualServerIntervalUs: services,
    realServerIntervalUs: block.number('snmp_rs_stats_update_interval') ?? services,
  };
}

export const readDbus = (block: Block): DbusSettings => ({
  enabled: block.has('enable_dbus'),
  serviceName: block.text('dbus_service_name') ?? 'org.keepalived.Vrrp1',
  noInterfaceName: block.text('dbus_no_interface_name') ?? 'none',
});

export function readAlerts(block: Block): AlertSettings {
  const all = block.boolean('smtp_alert');
  const vrrp = block.boolean('smtp_alert_vrrp');
  const checker = block.boolean('smtp_alert_checker');
  return {
    ...(all === undefined ? {} : { all }),
    ...(vrrp === undefined ? {} : { vrrp }),
    ...(checker === undefined ? {} : { checker }),
    noFaults: block.has('no_email_faults'),
    noCheckerStates: block.boolean('no_checker_emails') ?? false,
  };
}
