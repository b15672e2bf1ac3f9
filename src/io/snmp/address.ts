/** Where the master agent listens: 'snmp_socket', in the forms of net-snmp's transport addresses (snmpd(8), snmpd.conf(5)). */
export type AgentAddress =
  | { readonly path: string } // a unix socket
  | { readonly host: string; readonly port: number };

/** Debian's snmpd serves it with 'master agentx'. */
export const DEFAULT_ADDRESS = 'unix:/var/agentx/master';
/** RFC 2741 8.1.1 */
const AGENTX_PORT = 705;

/** undefined: a form, or a transport, that AgentX cannot be reached by. */
export function parseAgentAddress(text: string): AgentAddress | undefined {
  const [, transport = '', rest = ''] = /^(?:([a-z]+6?):)?(.*)$/.exec(text) ?? [];
  if (transport === 'unix' || transport === 'local') return rest === '' ? undefined : { path: rest };
  if (transport === '' && text.startsWith('/')) return { path: text };
  if (['tcp', 'tcp6', 'tcpv6', 'tcpipv6'].includes(transport)) return hostAndPort(rest);
  // 'localhost:705': what looks like a transport is a host.
  if (['udp', 'udp6', 'ssh', 'tls', 'dtls', 'tlstcp', 'dtlsudp'].includes(transport)) return undefined;
  return hostAndPort(text);
}

function hostAndPort(text: string): AgentAddress | undefined {
  if (/^\d+$/.test(text)) return withPort('localhost', text);
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return withPort(bracketed[1] as string, bracketed[2]);
  const plain = /^([^:\s/]+)(?::(\d+))?$/.exec(text);
  return plain === null ? undefined : withPort(plain[1] as string, plain[2]);
}

function withPort(host: string, port: string | undefined): AgentAddress | undefined {
  const number = port === undefined ? AGENTX_PORT : Number(port);
  return number >= 1 && number <= 65_535 ? { host, port: number } : undefined;
}
