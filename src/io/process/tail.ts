/** Keeps the last characters of a stream of bytes, whatever its length; UTF-8 split between chunks is put together. */
import { StringDecoder } from 'node:string_decoder';

export class Tail {
  readonly #limit: number;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  /** `limit`: characters (UTF-16 units) kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    // One character is at most 4 bytes: earlier bytes of a long chunk cannot be among the last characters.
    const most = this.#limit * 4;
    const end = chunk.length > most ? chunk.subarray(chunk.length - most) : chunk;
    this.#text = (
      this.#text + this.#decoder.write(Buffer.from(end.buffer, end.byteOffset, end.length))
    ).slice(-this.#limit);
  }

  text(): string {
    return this.#text;
  }
}
