/**
 * A small internet on this machine: hosts in network namespaces on one bridge, or behind routers with NAT. Needs root on
 * Linux, iproute2 and nftables. It is invisible from outside.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * NAT of a home router. `cone`: one outside port per inside port (endpoint-independent mapping, RFC 4787); only answers
 * come in. `symmetric`: another random port for each destination. `no-udp`: as `cone`, but drops UDP.
 */
export type Nat = 'cone' | 'symmetric' | 'no-udp';

/** Start of namespace names. The process id follows, so that leftovers of a dead process can be recognised. */
const PREFIX = 'aparte-lab-';

function run(...command: readonly string[]): string {
  const [file = '', ...args] = command;
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Returns why no network can be made on this machine, null if one can. */
export function missing(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux';
  try {
    const name = `${PREFIX}${process.pid}-try`;
    run('ip', 'netns', 'add', name);
    try {
      run('ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'ip', 'lab');
    } finally {
      run('ip', 'netns', 'del', name);
    }
    return null;
  } catch (error) {
    return `network namespaces need iproute2 and nftables: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Removes the namespaces of processes that were killed. */
function sweep(): void {
  for (const name of run('ip', 'netns', 'list').matchAll(/^(aparte-lab-(\d+)-\S+)/gm)) {
    if (!existsSync(`/proc/${name[2]}`)) run('ip', 'netns', 'del', name[1] ?? '');
  }
}

/** A machine of the network: a namespace with an interface `eth0`. */
export class Host {
  readonly address: string;
  readonly #namespace: string;
  /** The other end of its cable: a namespace and the interface in it. */
  readonly #socket: { readonly namespace: string; readonly port: string };

  /** Made by {@link Network}. */
  constructor(namespace: string, address: string, socket: { namespace: string; port: string }) {
    this.#namespace = namespace;
    this.address = address;
    this.#socket = socket;
  }

  /** Words to put before a command that is to run on this host. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace];
  }

  /** Runs a command on this host and waits for it. Returns its output. */
  run(...command: readonly string[]): string {
    return run(...this.prefix, ...command);
  }

  /** Pulls the cable: there is no carrier, but addresses and routes stay. */
  unplug(): void {
    this.#setSocket('down');
  }

  /** Puts the cable back. */
  plug(): void {
    this.#setSocket('up');
  }

  #setSocket(state: 'up' | 'down'): void {
    run('ip', 'netns', 'exec', this.#socket.namespace, 'ip', 'link', 'set', this.#socket.port, state);
  }

  /** Replaces the address by another, as another access point would. */
  move(address: string): void {
    this.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    this.run('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  }

  /** Drops so many percent of the incoming packets at random; 0 ends it. */
  lose(percent: number): void {
    this.run('nft', 'add table inet loss; delete table inet loss');
    if (percent === 0) return;
    this.run('nft', 'add table inet loss; add chain inet loss in { type filter hook input priority 0; }');
    this.run('nft', `add rule inet loss in iifname eth0 numgen random mod 100 < ${percent} counter drop`);
  }

  /** Blocks all packets to and from an IPv4 address, until `admit`. */
  bar(address: string): void {
    this.run('nft', 'add table ip bar; add chain ip bar in { type filter hook input priority 0; }');
    this.run('nft', 'add chain ip bar out { type filter hook output priority 0; }');
    this.run('nft', `add rule ip bar in ip saddr ${address} drop; add rule ip bar out ip daddr ${address} drop`);
  }

  admit(): void {
    this.run('nft', 'delete table ip bar');
  }

  /** Number of packets that `lose` has dropped. */
  get lost(): number {
    return Number(/packets (\d+)/.exec(this.run('nft', 'list table inet loss'))?.[1]);
  }
}

/** The internet, with 203.0.113.0/24 and 2001:db8::/64 (RFC 5737, RFC 3849). Empty at first. */
export class Network {
  readonly #namespaces: string[] = [];
  #routers = 0;
  readonly #remove = () => {
    for (const name of this.#namespaces.splice(0)) run('ip', 'netns', 'del', name);
  };

  constructor() {
    sweep();
    process.on('exit', this.#remove);
    this.#namespace('net');
    this.#in('net', 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    this.#in('net', 'ip', 'link', 'set', 'bridge', 'up');
  }

  /**
   * Plugs a host into the bridge. Its address is IPv4 or IPv6. `containers`: number of networks that lead nowhere and
   * that the host lists before `eth0`, as networks of containers may be.
   */
  host(name: string, address: string, containers = 0): Host {
    this.#namespace(name);
    for (let n = 0; n < containers; n += 1) {
      this.#cable(name, `br${n}`, 'net', `${name}-br${n}`);
      this.#in(name, 'ip', 'addr', 'add', `172.20.${n}.1/24`, 'dev', `br${n}`);
    }
    this.#cable(name, 'eth0', 'net', name);
    this.#in('net', 'ip', 'link', 'set', name, 'master', 'bridge');
    const [length, ...flags] = address.includes(':') ? ['64', 'nodad'] : ['24'];
    this.#in(name, 'ip', 'addr', 'add', `${address}/${length}`, 'dev', 'eth0', ...flags);
    return new Host(this.#full(name), address, { namespace: this.#full('net'), port: name });
  }

  /** Makes a host behind a router of its own. `outside`: address of the router on the internet. */
  home(name: string, outside: string, nat: Nat): Host {
    this.#routers += 1;
    const router = `${name}-router`;
    const inside = `10.${this.#routers}.0`;
    this.host(router, outside);
    this.#namespace(name);
    this.#cable(name, 'eth0', router, 'lan0');
    this.#in(router, 'ip', 'addr', 'add', `${inside}.1/24`, 'dev', 'lan0');
    this.#in(name, 'ip', 'addr', 'add', `${inside}.2/24`, 'dev', 'eth0');
    this.#in(name, 'ip', 'route', 'add', 'default', 'via', `${inside}.1`);
    this.#in(router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    this.#translate(router, nat);
    return new Host(this.#full(name), `${inside}.2`, { namespace: this.#full(router), port: 'lan0' });
  }

  #translate(router: string, nat: Nat): void {
    const random = nat === 'symmetric' ? ' fully-random' : '';
    const rules = [
      'add table ip nat',
      'add chain ip nat out { type nat hook postrouting priority 100; }',
      `add rule ip nat out oifname eth0 masquerade${random}`,
      'add chain ip nat through { type filter hook forward priority 0; }',
      'add rule ip nat through iifname eth0 ct state new drop',
      // Packets of strangers must not be tracked: each would occupy a port that a mapping needs.
      'add chain ip nat in { type filter hook input priority 0; }',
      'add rule ip nat in iifname eth0 ct state new drop',
    ];
    if (nat === 'no-udp') rules.push('add rule ip nat through meta l4proto udp drop');
    this.#in(router, 'nft', rules.join('; '));
  }

  #full(name: string): string {
    return `${PREFIX}${process.pid}-${name}`;
  }

  #in(name: string, ...command: readonly string[]): void {
    run('ip', 'netns', 'exec', this.#full(name), ...command);
  }

  #namespace(name: string): void {
    run('ip', 'netns', 'add', this.#full(name));
    this.#namespaces.push(this.#full(name));
    this.#in(name, 'ip', 'link', 'set', 'lo', 'up');
  }

  #cable(here: string, port: string, there: string, farPort: string): void {
    const far = ['peer', 'name', farPort, 'netns', this.#full(there)];
    run('ip', 'link', 'add', port, 'netns', this.#full(here), 'type', 'veth', ...far);
    this.#in(here, 'ip', 'link', 'set', port, 'up');
    this.#in(there, 'ip', 'link', 'set', farPort, 'up');
  }

  /** Removes the network. Its programs must have ended. */
  close(): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}
