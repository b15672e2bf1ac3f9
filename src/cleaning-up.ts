/** `vipd cleanup` with its hands. What it needs only after priority 0 has been said, or seldom before, is loaded when it is used. */
import { enterNamespace } from './io/enter-namespace.ts';
import { cleanUp } from './io/release/cleanup.ts';
import { native } from './native.ts';

type Write = (text: string) => void;

const deleting = () => import('./late-deleting.ts');

/** Gives up what the dead daemon of `runDir` held; the exit status. */
export function cleanUpAfter(runDir: string, out: Write, err: Write): Promise<number> {
  return cleanUp(runDir, {
    enterNamespace: (name) => enterNamespace(native(), name),
    signAdverts: async (adverts, { file, configId }) => {
      const { signLate } = await import('./late-signing.ts');
      return signLate(adverts, file, configId);
    },
    deleteAddresses: async (list) => (await deleting()).deleteAddresses(list),
    deleteRouting: async (list) => (await deleting()).deleteRouting(list),
    deleteDevices: async (names) => (await deleting()).deleteDevices(names),
    deleteTables: async (table) => (await deleting()).deleteTables(table),
    restoreSettings: async (list) => (await deleting()).restoreSettings(list),
    out,
    err,
  });
}
