/** The texts that fuzzing starts from: our own golden data, the example, and real files when VIPD_CORPUS names some. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const golden = (file: string): readonly string[] =>
  (JSON.parse(readFileSync(join('test/golden', file), 'utf8')) as readonly { text: string }[]).map(
    (row) => row.text,
  );

/** Deterministic order. Without `corpus` the project's own texts only. */
export function seedTexts(corpus: string | undefined): readonly string[] {
  const own = [
    ...golden('config-lines.json'),
    ...golden('config-status.json'),
    ...golden('config-scenarios.json'),
    readFileSync('keepalived.conf.example', 'utf8'),
    ...readdirSync('test/fixtures/seed')
      .filter((f) => f.endsWith('.conf'))
      .sort()
      .map((f) => readFileSync(join('test/fixtures/seed', f), 'utf8')),
  ];
  return [...own, ...realFiles(corpus).map((f) => f.text)];
}

export function realFiles(
  corpus: string | undefined,
): readonly { readonly path: string; readonly text: string }[] {
  if (corpus === undefined) return [];
  return ['configs', 'lint-probes']
    .map((f) => join(corpus, f))
    .filter((f) => existsSync(f))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((f) => f.endsWith('.conf'))
        .sort()
        .map((f) => ({ path: join(folder, f), text: readFileSync(join(folder, f), 'utf8') })),
    );
}
