/**
 * Nodes as network namespaces, joined by veth pairs to bridges that live in a namespace of their own. MAC and IP addresses
 * are fixed by the topology, so captures are comparable. Everything a lab makes is removed again: at `close()`, on an
 * exception, on SIGINT and SIGTERM, and, when a run was killed outright, by the next lab of the same prefix.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Addresses } from './addresses.ts';
import { Capture } from './capture.ts';
import { until } from './clock.ts';
import { Daemon } from './daemon.ts';
import { must, type Output, run } from './process.ts';

export type InterfaceSpec = {
  readonly name: string;
  readonly bridge: string;
  readonly mac: string;
  /** With prefix length: '192.0.2.10/24', 'fe80::a/64'. */
  readonly addresses: readonly string[];
};
export type NodeSpec = { readonly name: string; readonly interfaces: readonly InterfaceSpec[] };
export type Topology = { readonly bridges: readonly string[]; readonly nodes: readonly NodeSpec[] };

/** Namespace of the bridges. */
export const SWITCH = 'sw';

const open = new Set<Lab>();
let handlersInstalled = false;

function installHandlers(): void {
  if (handlersInstalled) return;
  handlersInstalled = true;
  process.on('exit', () => {
    for (const lab of open) lab.abandon();
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => {
      for (const lab of open) lab.abandon();
      process.kill(process.pid, name);
    });
}

export class Lab {
  readonly prefix: string;
  readonly topology: Topology;
  /** Logs, captures and run folders. */
  readonly folder: string;
  readonly addresses: Addresses;
  readonly #daemons: Daemon[] = [];
  readonly #captures: Capture[] = [];
  readonly #tools: ChildProcess[] = [];

  private constructor(prefix: string, topology: Topology, folder: string) {
    this.prefix = prefix;
    this.topology = topology;
    this.folder = folder;
    this.addresses = new Addresses(new Map(topology.nodes.map((n) => [n.name, this.namespace(n.name)])));
  }

  /** Builds the network; `prefix` names the namespaces and must be unique among labs that run at the same time. */
  static async open(prefix: string, topology: Topology, folder: string): Promise<Lab> {
    mkdirSync(folder, { recursive: true });
    installHandlers();
    const lab = new Lab(prefix, topology, folder);
    lab.#removeNamespaces();
    open.add(lab);
    try {
      await lab.#build();
      await lab.addresses.start();
    } catch (e) {
      await lab.close();
      throw e;
    }
    return lab;
  }

  namespace(node: string): string {
    return `${this.prefix}-${node}`;
  }

  /** Runs a shell command in a node's network. */
  sh(node: string, command: string): Promise<Output> {
    return run('nsenter', [`--net=/run/netns/${this.namespace(node)}`, '--', 'sh', '-c', command]);
  }

  async #build(): Promise<void> {
    const sw = this.namespace(SWITCH);
    const { bridges, nodes } = this.topology;
    for (const name of [SWITCH, ...nodes.map((n) => n.name)])
      await must('ip', ['netns', 'add', this.namespace(name)]);
    const make = bridges.map((b) => `link add ${b} type bridge stp_state 0 mcast_snooping 0 forward_delay 0`);
    for (const node of nodes)
      for (const i of node.interfaces)
        make.push(
          `link add ${port(node, i)} type veth peer name ${i.name} netns ${this.namespace(node.name)} address ${i.mac}`,
        );
    await must('ip', ['-n', sw, '-batch', '-'], lines(make));
    const ports = nodes.flatMap((n) => n.interfaces.map((i) => ({ name: port(n, i), bridge: i.bridge })));
    await this.#sysctl(
      SWITCH,
      [...bridges, ...ports.map((p) => p.name)].map((d) => [`net/ipv6/conf/${d}/disable_ipv6`, 1]),
    );
    const up = ['lo', ...bridges].map((d) => `link set ${d} up`);
    for (const p of ports) up.push(`link set ${p.name} master ${p.bridge} up`);
    await must('ip', ['-n', sw, '-batch', '-'], lines(up));
    for (const node of nodes) await this.#buildNode(node);
    await this.#carriers();
  }

  async #buildNode(node: NodeSpec): Promise<void> {
    await this.#sysctl(
      node.name,
      node.interfaces.flatMap((i) =>
        ['router_solicitations', 'accept_dad', 'accept_ra'].map((key) => [
          `net/ipv6/conf/${i.name}/${key}`,
          0,
        ]),
      ),
    );
    const commands = ['link set lo up'];
    for (const i of node.interfaces) {
      commands.push(`link set ${i.name} addrgenmode none`, `link set ${i.name} up`);
      for (const a of i.addresses)
        commands.push(`addr add ${a} dev ${i.name}${a.includes(':') ? ' nodad' : ''}`);
    }
    await must('ip', ['-n', this.namespace(node.name), '-batch', '-'], lines(commands));
  }

  async #sysctl(node: string, settings: readonly (readonly (string | number)[])[]): Promise<void> {
    const script = settings.map(([key, value]) => `echo ${value} > /proc/sys/${key}`).join(' && ');
    const { status, text } = await this.sh(node, script);
    if (status !== 0) throw new Error(`sysctl in ${this.namespace(node)}: ${text}`);
  }

  async #carriers(): Promise<void> {
    const up = await until(async () => {
      for (const node of this.topology.nodes) {
        const links = await must('ip', ['-n', this.namespace(node.name), '-o', 'link']);
        for (const i of node.interfaces)
          if (!links.split('\n').some((l) => l.includes(` ${i.name}@`) && l.includes('LOWER_UP')))
            return false;
      }
      return true;
    }, 5000);
    if (!up) throw new Error(`lab ${this.prefix}: a link has no carrier after 5 s`);
  }

  /** `command`: a template, see COMMANDS. The log is <folder>/<node>.log unless given. */
  start(node: string, command: string, conf: string, log?: string): Daemon {
    const daemon = new Daemon({
      namespace: this.namespace(node),
      command,
      conf,
      runFolder: join(this.folder, node),
      log: log ?? join(this.folder, `${node}.log`),
    });
    this.#daemons.push(daemon);
    return daemon;
  }

  /** A helper program in a node's network, with pipes; killed when the lab closes. Its stderr is ours. */
  spawn(node: string, argv: readonly string[]): ChildProcess {
    const child = spawn('nsenter', [`--net=/run/netns/${this.namespace(node)}`, '--', ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    // EPIPE of a helper that ended: whoever waits for its answer sees the end of its stdout.
    child.stdin.on('error', () => {});
    this.#tools.push(child);
    return child;
  }

  /** See Capture.start. */
  async capture(
    file: string,
    device?: string,
    filter: string = '',
    node: string = SWITCH,
    snapBytes: number = 0,
  ): Promise<Capture> {
    const on = device ?? this.topology.bridges[0];
    if (on === undefined) throw new Error('the lab has no bridge to capture on');
    const capture = await Capture.start(this.namespace(node), on, file, filter, snapBytes);
    this.#captures.push(capture);
    return capture;
  }

  /** Waits for the node to hold (or not hold) the address; undefined when it does not within `timeoutMs`. */
  async waitAddress(node: string, address: string, present: boolean, timeoutMs: number): Promise<boolean> {
    await this.addresses.settle();
    return until(() => this.addresses.has(node, address) === present, timeoutMs, 5);
  }

  /** Stops all daemons in order (SIGTERM), then by force. */
  async stopDaemons(): Promise<void> {
    for (const d of this.#daemons) d.signal('SIGTERM');
    await Promise.all(this.#daemons.filter((d) => d.alive).map((d) => d.ended()));
    this.#daemons.length = 0;
  }

  /** Stops daemons, then removes every trace but `folder`. */
  async close(): Promise<void> {
    await this.stopDaemons();
    this.#stopHelpers();
    this.#removeNamespaces();
    open.delete(this);
  }

  /** For exit and signal handlers: synchronous and rough. */
  abandon(): void {
    for (const d of this.#daemons) d.crashNow();
    this.#stopHelpers();
    this.#removeNamespaces();
    open.delete(this);
  }

  #stopHelpers(): void {
    for (const c of this.#captures) c.kill();
    for (const t of this.#tools) t.kill('SIGKILL');
    this.#captures.length = 0;
    this.#tools.length = 0;
    this.addresses.stop();
  }

  /** All namespaces of our prefix, also those that a killed earlier run left behind. */
  #removeNamespaces(): void {
    if (!existsSync('/run/netns')) return;
    for (const name of readdirSync('/run/netns'))
      if (name.startsWith(`${this.prefix}-`)) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    for (const n of this.topology.nodes) rmSync(join(this.folder, n.name), { recursive: true, force: true });
  }
}

/** Name of an interface's other end on the bridge: node name, then the interface's place. */
function port(node: NodeSpec, i: InterfaceSpec): string {
  return `p${node.name}${node.interfaces.indexOf(i)}`;
}

const lines = (commands: readonly string[]): string => `${commands.join('\n')}\n`;
