/**
 * Reads an exact number of octets from a stream of chunks and knows the offset. Holds no more than one chunk and one
 * request, whatever the file claims.
 */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Octets handed out so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Up to `count` octets, fewer only at the end of the input. The caller bounds `count`. */
  async read(count: number): Promise<Uint8Array> {
    const out = new Uint8Array(count);
    let have = 0;
    while (have < count && (await this.#fill())) {
      const part = this.#chunk.subarray(this.#at, this.#at + count - have);
      out.set(part, have);
      have += part.length;
      this.#advance(part.length);
    }
    return out.subarray(0, have);
  }

  /** Passes over `count` octets without keeping them; returns how many there were. */
  async skip(count: number): Promise<number> {
    let passed = 0;
    while (passed < count && (await this.#fill())) {
      const part = Math.min(count - passed, this.#chunk.length - this.#at);
      passed += part;
      this.#advance(part);
    }
    return passed;
  }

  /** What is at hand, at least one octet unless the input has ended. */
  async next(): Promise<Uint8Array> {
    if (!(await this.#fill())) return new Uint8Array(0);
    const part = this.#chunk.subarray(this.#at);
    this.#advance(part.length);
    return part;
  }

  /** The next octets without taking them; up to `count`, which is small. */
  async peek(count: number): Promise<Uint8Array> {
    const before = this.#offset;
    const head = await this.read(count);
    const rest = this.#chunk.subarray(this.#at);
    const joined = new Uint8Array(head.length + rest.length);
    joined.set(head);
    joined.set(rest, head.length);
    this.#chunk = joined;
    this.#at = 0;
    this.#offset = before;
    return head;
  }

  /** Lets go of the file behind the stream. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      if (this.#ended) return false;
      const { value, done } = await this.#chunks.next();
      if (done === true) {
        this.#ended = true;
        return false;
      }
      this.#chunk = value;
      this.#at = 0;
    }
    return true;
  }

  #advance(count: number): void {
    this.#at += count;
    this.#offset += count;
  }
}
