/** The hands of the tool's subcommands, loaded only when one needs them. */
import type { ToolParts } from './cli/tool.ts';

const line = (write: (text: string) => void) => (text: string) => write(`${text}\n`);

export function toolParts(): ToolParts {
  const out = (text: string): void => void process.stdout.write(text);
  const err = (text: string): void => void process.stderr.write(text);
  return {
    out,
    err,
    decode: async (files, options, writeOut, writeErr) => {
      const { parseKeyOption, runDecode } = await import('./cli/decode.ts');
      const keys = new Map<number, Uint8Array>();
      for (const text of options.keys) {
        const key = parseKeyOption(text);
        if (typeof key === 'string') {
          writeErr(`vipd decode: --key ${key}\n`);
          return 2;
        }
        keys.set(key.id, key.key);
      }
      const authPass = options.authPass.at(-1);
      return runDecode(
        files,
        { json: options.json, keys, ...(authPass === undefined ? {} : { authPass }) },
        line(writeOut),
        line(writeErr),
      );
    },
    whatIf: async (tool, writeOut, writeErr) => {
      const { runWhatIf } = await import('./whatif-tool.ts');
      return runWhatIf(tool, writeOut, writeErr);
    },
    cleanUp: async (runDir, writeOut, writeErr) => {
      const { cleanUp } = await import('./io/release/cleanup.ts');
      const { deleteAddressesNow } = await import('./io/netlink/cleanup.ts');
      const { native } = await import('./native.ts');
      return cleanUp(runDir, {
        deleteAddresses: (list) =>
          deleteAddressesNow(native(), list).flatMap((r, i) =>
            r.ok ? [] : [`${list[i]?.address} on ${list[i]?.interface}: ${r.code ?? ''} ${r.text ?? ''}`],
          ),
        out: writeOut,
        err: writeErr,
      });
    },
  };
}
