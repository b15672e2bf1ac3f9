/** A daemon with a bit of everything, for the goldens of the reports. Times are UTC. */
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { InstanceSnapshot, Snapshot } from '../../../src/core/snapshot.ts';
import type { DumpFacts } from '../../../src/report/dump/text.ts';
import { memoryMachine } from '../config/machine.ts';

process.env['TZ'] = 'UTC';
const NOW = Date.UTC(2026, 10, 23, 12, 4, 55);
const S = 1_000_000;

const master: InstanceSnapshot = {
  name: 'VI_1',
  interface: 'eth0',
  vrid: 51,
  version: 2,
  family: 4,
  state: 'master',
  sinceWallMs: NOW - 273_600_000,
  sinceUs: 273_600 * S,
  basePriority: 100,
  effectivePriority: 102,
  tracked: [],
  contributions: [
    { what: 'script chk_haproxy', weight: 2 },
    { what: 'interface eth1', weight: 0 },
  ],
  faults: [],
  adverIntUs: S,
  masterAdverIntUs: S,
  masterDownInUs: -1,
  timerInUs: 400_000,
  source: '192.0.2.1',
  unicastPeers: [],
  preempt: true,
  preemptDelayUs: 0,
  vips: [{ text: '192.0.2.100/24', interface: 'eth0', present: true }],
  peer: { address: '192.0.2.2', priority: 90, lastAdvertAgoUs: 273_601 * S, isMaster: false },
  lastTransition: {
    from: 'backup',
    to: 'master',
    reason: 'master-silent',
    detail: '192.0.2.2 not heard for 3.6 s',
    wallMs: NOW - 273_600_000,
  },
  authentication: { type: 'none' },
  lastRejection: null,
  counters: {
    advertsReceived: 12,
    advertsSent: 273_601,
    becameMaster: 1,
    releasedMaster: 0,
    priorityZeroReceived: 0,
    priorityZeroSent: 0,
    sendErrors: 0,
    rejected: {},
  },
  hooks: [
    {
      what: 'notify_master',
      state: 'MASTER',
      outcome: 'exited',
      exitCode: 0,
      durationMs: 380.4,
      output: 'started\n',
      endedWallMs: NOW - 273_599_600,
    },
  ],
};

const backup: InstanceSnapshot = {
  ...master,
  name: 'VI_2',
  vrid: 52,
  version: 3,
  family: 6,
  state: 'backup',
  sinceWallMs: NOW - 41_000,
  sinceUs: 41 * S,
  effectivePriority: 90,
  tracked: [],
  contributions: [{ what: 'script chk_nginx', weight: -10 }],
  adverIntUs: 100_000,
  masterDownInUs: 312_000,
  timerInUs: 312_000,
  source: 'fe80::1',
  unicastPeers: ['fe80::2'],
  preempt: false,
  vips: [
    { text: '2001:db8::100/64', interface: 'eth0', present: false },
    { text: '2001:db8::101/64', interface: 'eth0', present: false },
  ],
  peer: { address: 'fe80::2', priority: 100, lastAdvertAgoUs: 40_000, isMaster: true },
  lastTransition: {
    from: 'master',
    to: 'backup',
    reason: 'higher-priority',
    detail: 'fe80::2 has 100, we have 90',
    wallMs: NOW - 41_000,
  },
  lastRejection: {
    reason: 'auth-data',
    source: '192.0.2.9',
    detail: 'another\u001b[31m password',
    wallMs: NOW - 2_000,
  },
  counters: {
    ...master.counters,
    advertsReceived: 410,
    advertsSent: 9_000,
    releasedMaster: 1,
    priorityZeroSent: 2,
    priorityZeroReceived: 1,
    sendErrors: 3,
    rejected: {
      'auth-data': 60,
      ttl: 1,
      'unicast-ttl': 2,
      truncated: 1,
      length: 1,
      checksum: 5,
      'not-running': 7,
    },
  },
  hooks: [
    {
      what: 'notify_backup',
      state: 'BACKUP',
      outcome: 'exited',
      exitCode: 1,
      durationMs: 38,
      output: 'trying\nsystemctl: unit nginx not found\n',
      endedWallMs: NOW - 40_900,
    },
  ],
};

const fault: InstanceSnapshot = {
  ...master,
  name: 'VI_3',
  vrid: 53,
  state: 'fault',
  sinceUs: 5 * S,
  effectivePriority: 100,
  timerInUs: -1,
  tracked: [],
  contributions: [],
  faults: [{ what: 'interface eth2', detail: 'no carrier' }],
  preemptDelayUs: 300 * S,
  vips: [],
  peer: { address: '', priority: 0, lastAdvertAgoUs: -1, isMaster: false },
  lastTransition: {
    from: 'backup',
    to: 'fault',
    reason: 'fault',
    detail: 'interface eth2',
    wallMs: NOW - 5_000,
  },
  hooks: [],
};

export const SNAPSHOT: Snapshot = {
  version: '0.1.0',
  node: 'lb1',
  routerId: 'lb1',
  pid: 4_711,
  startedWallMs: NOW - 273_610_000,
  nowWallMs: NOW,
  configFile: '/etc/keepalived/keepalived.conf',
  configLoadedWallMs: NOW - 172_800_000,
  configErrors: 0,
  configWarnings: 2,
  instances: [master, backup, fault],
  groups: [
    { name: 'web', state: 'master', members: ['VI_1', 'VI_2'] },
    { name: 'db', state: 'fault', members: ['VI_3'] },
  ],
  scripts: [
    {
      name: 'chk_haproxy',
      state: 'up',
      runs: 136_800,
      failures: 0,
      lastExitCode: 0,
      lastDurationMs: 12,
      lastOutput: '',
      sinceWallMs: NOW - 273_600_000,
      detail: '',
    },
    {
      name: 'chk_nginx',
      state: 'down',
      runs: 30,
      failures: 21,
      lastExitCode: 1,
      lastDurationMs: 4,
      lastOutput: 'connect: connection refused\n',
      sinceWallMs: NOW - 41_000,
      detail: '',
    },
    {
      name: 'chk_old',
      state: 'disabled',
      runs: 0,
      failures: 0,
      lastExitCode: -1,
      lastDurationMs: 0,
      lastOutput: '',
      sinceWallMs: NOW - 41_000,
      detail: '/opt/chk_old does not exist',
    },
  ],
  files: [],
  processes: [],
  interfaces: [],
  warnings: ['VI_3 shares VRID 53 with a stranger'],
  loop: { stallCount: 1, longestStallUs: 1_200_000 },
  watchdog: { instanceCount: 1, obstacle: '' },
};

/** What most people have: two nodes, one instance. */
export const PLAIN: Snapshot = {
  ...SNAPSHOT,
  instances: [
    master,
    {
      ...backup,
      tracked: [],
      contributions: [],
      effectivePriority: 100,
      lastRejection: null,
      hooks: [],
      family: 4,
      name: 'VI_2',
      vips: master.vips.map((v) => ({ ...v, present: false })),
      peer: { ...backup.peer, address: '192.0.2.2' },
    },
  ],
  groups: [],
  scripts: [],
  warnings: [],
};

/** The file of that daemon. */
const TEXT = `
global_defs {
    router_id lb1
    smtp_server 192.0.2.25 2525
    notification_email {
        ops@example.com
    }
    notify_fifo /run/vipd.fifo nobody
}
vrrp_script chk_haproxy {
    script "/usr/bin/pidof haproxy"
    weight 2
}
vrrp_script chk_nginx {
    script "/usr/bin/pidof nginx" nobody
    interval 0.5
    timeout 3
    weight -10
    init_fail
}
vrrp_script chk_old {
    script /usr/bin/old
}
track_file load {
    file /run/load
}
vrrp_track_process sshd {
    process sshd
    quorum 2
    delay 3
}
vrrp_sync_group web {
    sync_group_tracking_weight
    group {
        VI_1
        VI_2
    }
    notify_master "/usr/local/bin/notify group"
}
vrrp_sync_group db {
    sync_group_tracking_weight
    group {
        VI_3
    }
    smtp_alert
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    authentication {
        auth_type PASS
        auth_pass secret
    }
    track_script {
        chk_haproxy
    }
    track_interface {
        eth1 weight 2 reverse
    }
    virtual_ipaddress {
        192.0.2.100/24 brd + label eth0:vip
    }
    virtual_routes {
        10.5.0.0/16 via 192.0.2.7 dev eth0
    }
    virtual_rules {
        from 10.9.0.0/16 table 100 preference 50
    }
    notify_master "/usr/local/bin/notify 'a word' x" nobody
}
vrrp_instance VI_2 {
    interface eth0
    version 3
    virtual_router_id 52
    priority 100
    advert_int 0.1
    nopreempt
    unicast_peer {
        fe80::2
    }
    track_script {
        chk_nginx
    }
    track_process {
        sshd weight 3
    }
    virtual_ipaddress {
        2001:db8::100/64
        2001:db8::101
    }
}
vrrp_instance VI_3 {
    interface eth2
    virtual_router_id 53
    priority 100
    preempt_delay 300
    track_file {
        load weight 2
    }
    virtual_ipaddress {
        198.51.100.1
    }
}
`;
export const CONFIG: Config = loadConfig('/etc/x.conf', memoryMachine({ '/etc/x.conf': TEXT }))
  .config as Config;
export const CONFIG_V2: Config = loadConfig(
  '/etc/x.conf',
  memoryMachine({ '/etc/x.conf': TEXT.replace('router_id', 'json_version 2\n    router_id') }),
).config as Config;

const LINK = { up: true, running: true, loopback: false, multicast: true, noArp: false, mtu: 1500 };
export const FACTS: DumpFacts = {
  owner: (c) => (c.user === 'nobody' ? '65534:65534' : '0:0'),
  fifoOwner: (user) => (user === 'nobody' ? '65534:65534' : undefined),
  links: [
    { ...LINK, index: 1, name: 'lo', loopback: true, multicast: false, mac: new Uint8Array(6), mtu: 65_536 },
    { ...LINK, index: 2, name: 'eth0', mac: Uint8Array.of(2, 0, 0, 0, 0, 0xab) },
    { ...LINK, index: 3, name: 'eth2', running: false, mac: Uint8Array.of(2, 0, 0, 0, 0, 2) },
  ],
  addresses: [
    { bytes: Uint8Array.of(192, 0, 2, 100), interfaceIndex: 2 },
    { bytes: Uint8Array.of(192, 0, 2, 1), interfaceIndex: 2 },
  ].map((a) => ({ ...a, family: 4, prefixLength: 24, scope: 0, label: '', flags: 0, protocol: 0 })),
};
