/** The hands of the tool's subcommands, loaded only when one needs them. */
import type { FmtOptions } from './cli/fmt.ts';
import type { InitTool } from './cli/init-options.ts';
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
    text: async (tool, writeOut, writeErr) =>
      (await import('./checking.ts')).runText(tool, writeOut, writeErr),
    whatIf: async (tool, writeOut, writeErr) => {
      const { runWhatIf } = await import('./whatif-tool.ts');
      return runWhatIf(tool, writeOut, writeErr);
    },
    cleanUp: async (runDir, writeOut, writeErr) => {
      const { cleanUpAfter } = await import('./cleaning-up.ts');
      return cleanUpAfter(runDir, writeOut, writeErr);
    },
    format: (options) => format(options, err),
    init: (tool) => init(tool, out, err),
  };
}

async function format(options: FmtOptions, err: (text: string) => void): Promise<number> {
  const { runFmt } = await import('./cli/fmt.ts');
  const { formatConfig } = await import('./config/fmt/format.ts');
  const { readForEdit, readInput, replaceFile } = await import('./io/files/edit.ts');
  return runFmt(options, {
    format: (text, indent) => formatConfig(text, { indent, bytes: true }),
    read: readForEdit,
    readInput,
    replace: replaceFile,
    out: (data) => void process.stdout.write(data),
    err,
  });
}

async function init(
  tool: InitTool,
  out: (text: string) => void,
  err: (text: string) => void,
): Promise<number> {
  const { runInit } = await import('./cli/init.ts');
  const { terminal } = await import('./cli/ask.ts');
  const { settle } = await import('./init/settle.ts');
  const { initFiles } = await import('./init/texts.ts');
  const { forget, QUESTIONS } = await import('./init/questions.ts');
  const { writeNew } = await import('./io/files/new-files.ts');
  return runInit(tool, {
    questions: QUESTIONS,
    files: (raw) => {
      const settled = settle(raw);
      return settled.ok ? { ok: true, value: initFiles(settled.value) } : settled;
    },
    forget,
    terminal: process.stdin.isTTY === true ? () => terminal(process.stdin, process.stdout) : undefined,
    write: writeNew,
    out,
    err,
  });
}
