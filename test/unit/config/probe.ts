/** Texts of the probes: one line in the block it belongs to, beside a complete instance. */
const instance = (lines: string): string =>
  `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1/24\n}\n${lines}\n}\n`;
const block = (name: string, line: string): string => `${name} {\n${line}\n}`;

/** vr, vru, va: routes, rules, excluded addresses of an instance; sr, sru, sa: static ones; top: blocks before it. */
export type Form = 'vr' | 'vru' | 'va' | 'sr' | 'sru' | 'sa' | 'top' | 'raw';

const FORMS: Readonly<Record<Form, (line: string) => string>> = {
  vr: (line: string) => instance(block('virtual_routes', line)),
  vru: (line: string) => instance(block('virtual_rules', line)),
  va: (line: string) => instance(block('virtual_ipaddress_excluded', line)),
  sr: (line: string) => `${block('static_routes', line)}\n${instance('')}`,
  sru: (line: string) => `${block('static_rules', line)}\n${instance('')}`,
  sa: (line: string) => `${block('static_ipaddress', line)}\n${instance('')}`,
  top: (line: string) => `${line}\n${instance('')}`,
  raw: (line: string) => line,
};

export const probeText = (form: Form, line: string): string => FORMS[form](line);
