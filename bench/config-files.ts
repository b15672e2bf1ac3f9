/**
 * Made-up configurations for bench/config.ts and the reload test: the sizes that people run, every line distinct where
 * theirs are. Addresses are of 10.0.0.0/8; instances stand on the interfaces vb0, vb1, …, 250 VRIDs on each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** VRIDs of one interface; the rest of 255 stays free for a second daemon. */
export const VRIDS = 250;

/** How many interfaces vb0, vb1, … so many instances need. */
export const interfacesFor = (instances: number): number => Math.ceil(instances / VRIDS);

const address = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

export type InstanceOptions = {
  readonly advertInt: string; // as written behind 'advert_int', s
  readonly version: 2 | 3;
  readonly priority: number;
};
const PLAIN: InstanceOptions = { advertInt: '1', version: 2, priority: 100 };

/** The `n`-th 'vrrp_instance' block, from 0 on. */
export function instanceText(n: number, o: InstanceOptions = PLAIN): string {
  const device = `vb${Math.floor(n / VRIDS)}`;
  return `vrrp_instance VI_${n} {
    # service ${n}
    state BACKUP
    interface ${device}
    virtual_router_id ${(n % VRIDS) + 1}
    version ${o.version}
    priority ${o.priority}
    advert_int ${o.advertInt}
    garp_master_delay 10
    virtual_ipaddress {
        ${address(0x010000 + n * 4)}/32 dev ${device} label ${device}:${n}
        ${address(0x010001 + n * 4)}/32 dev ${device}
    }
}
`;
}

export const instancesText = (from: number, to: number, o: InstanceOptions = PLAIN): string =>
  Array.from({ length: to - from }, (_, i) => instanceText(from + i, o)).join('\n');

/** `virtuals` services with `reals` servers in all, as evenly as it goes, each server with a TCP_CHECK. */
export function lvsText(virtuals: number, reals: number): string {
  const out: string[] = [];
  let server = 0;
  for (let v = 0; v < virtuals; v++) {
    out.push(`virtual_server ${address(0x800000 + v)} 443 {
    delay_loop 6
    lb_algo wlc
    lb_kind DR
    persistence_timeout 50
    protocol TCP
`);
    const last = Math.floor(((v + 1) * reals) / virtuals);
    for (; server < last; server++)
      out.push(`    real_server ${address(0x400000 + server)} 443 {
        weight 1
        TCP_CHECK {
            connect_timeout 3
            connect_port 443
        }
    }
`);
    out.push('}\n\n');
  }
  return out.join('');
}

export type ConfigCase = {
  readonly key: string;
  readonly title: string;
  readonly file: string;
  /** Interfaces vb0 … that must be there. */
  readonly interfaces: number;
};

/** Writes the four cases into `folder`; `scale` (0..1] shrinks the three large ones. */
export function writeCases(folder: string, scale: number): readonly ConfigCase[] {
  const n = (full: number): number => Math.max(1, Math.round(full * scale));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o644 });
    return join(folder, name);
  };
  const [virtuals, reals, instances, files] = [n(2277), n(37_205), n(2000), n(200)];
  mkdirSync(join(folder, 'conf.d'), { recursive: true });
  for (let f = 0; f < files; f++)
    write(`conf.d/${String(f).padStart(3, '0')}.conf`, instancesText(f * 10, f * 10 + 10));
  return [
    {
      key: 'lvs',
      title: `${virtuals} virtual_servers, ${reals} real_servers`,
      file: write('lvs.conf', lvsText(virtuals, reals)),
      interfaces: 0,
    },
    {
      key: 'vrrp',
      title: `${instances} vrrp_instances`,
      file: write('vrrp.conf', instancesText(0, instances)),
      interfaces: interfacesFor(instances),
    },
    {
      key: 'includes',
      title: `${files} included files of 10 instances`,
      file: write('includes.conf', 'include conf.d/*.conf\n'),
      interfaces: interfacesFor(files * 10),
    },
    { key: 'small', title: 'two instances', file: write('small.conf', instancesText(0, 2)), interfaces: 1 },
  ];
}
