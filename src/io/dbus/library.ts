/**
 * The part of @jellybrick/dbus-next that is used, in types of our own: those of the package do not stand up to this project's
 * compiler settings. Loaded by the first listener that is made.
 */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

/** An object on the bus; its members are given by `configureMembers`. */
export type BusInterface = { readonly $name: string };
export type BusInterfaceClass = {
  new (name: string): BusInterface;
  configureMembers(members: {
    readonly properties?: Readonly<Record<string, { readonly signature: string; readonly access: 'read' }>>;
    readonly methods?: Readonly<
      Record<string, { readonly inSignature: string; readonly outSignature: string }>
    >;
    readonly signals?: Readonly<Record<string, { readonly signature: string }>>;
  }): void;
  emitPropertiesChanged(of: BusInterface, changed: Readonly<Record<string, unknown>>): void;
};

/** Emits 'error' (Error); its connection emits 'end', which the package keeps to itself. */
export type Bus = EventEmitter & {
  readonly _connection: EventEmitter;
  requestName(name: string, flags: number): Promise<number>;
  export(path: string, object: BusInterface): void;
  unexport(path: string): void;
  disconnect(): void;
};

export type Library = {
  /** Of DBUS_SYSTEM_BUS_ADDRESS, else unix:path=/var/run/dbus/system_bus_socket. Connects in the background. */
  systemBus(): Bus;
  readonly interface: { readonly Interface: BusInterfaceClass };
};

/** DBUS_NAME_FLAG_DO_NOT_QUEUE, and the replies that mean that the name is ours (D-Bus specification, RequestName). */
export const DO_NOT_QUEUE = 4;
export const OWNED: readonly number[] = [1, 4];

/**
 * The package keeps what `configureMembers` was told on the prototype, and hides it by empty fields of each object (0.11.3):
 * they are taken away.
 */
export function reveal<T extends BusInterface>(object: T): T {
  const fields = object as T & Record<string, unknown>;
  for (const name of ['$properties', '$methods', '$signals'])
    if (Object.hasOwn(fields, name) && fields[name] === undefined) Reflect.deleteProperty(fields, name);
  return object;
}

export const loadDbus = (): Library => createRequire(import.meta.url)('@jellybrick/dbus-next') as Library;
