import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type GuardedRedis, type RedisReply, TWICE } from '#cache/tier2/guarded-redis';
import type { Clock } from '#flow/clock';

/** What an answer for one gene depends on: all of it, so that an answer is right for ever. */
export interface AnswerKey {
  /** Scope of the dataset, see `scopeKey()`. */
  readonly scope: string;
  /** SHA-256 of the artifact that the answer was read from. */
  readonly artifactSha256: string;
  readonly geneId: string;
  /** Columns of the answer, in their order. */
  readonly fields: readonly string[];
}

/** Where answers for exact gene ids are shared among nodes. It may forget or fail, and then gives nothing; it never throws. */
export interface AnswerTier {
  /** Gives an answer as it was set, or nothing. */
  get(key: AnswerKey): Promise<string | undefined>;
  /** Keeps an answer for a while, or does not. */
  set(key: AnswerKey, answer: string): Promise<void>;
}

export interface GeneAnswersOptions {
  readonly redis: GuardedRedis;
  readonly clock: Clock;
  /** Begins every key, so that several registries can use one Redis. Default `atlas`. At most 187 bytes. */
  readonly prefix?: string;
  /** Lifetime of an answer, brought into 1 to 60. Default 30. */
  readonly ttlSeconds?: number;
  /** Longest value, its seal included. Default 64 KiB: a longer one costs more time than the query. */
  readonly valueBytesMax?: number;
  /** Distinct keys that this process has in Redis at once. Default 100,000: Redis stays small whatever is asked for. */
  readonly keysMax?: number;
  /**
   * Seals values against whoever else can write to that Redis. All nodes need the same. Default none: damage and mix-ups are
   * found, forgeries are not.
   */
  readonly secret?: string;
}

/** How reads and writes came out since the start. All but `hits` and `stored` were as if there were no Redis. */
export interface GeneAnswersCounts {
  readonly hits: number;
  /** Nothing was there. */
  readonly absent: number;
  /** What was there was not sealed as it is here: damaged, forged or of another program. */
  readonly corrupt: number;
  /** What was there was well sealed, but is an answer to another question. */
  readonly foreign: number;
  /** Values that are too long, found or to be written. */
  readonly tooLarge: number;
  /** Redis did not answer, or with an error. */
  readonly failed: number;
  /** Redis was not asked because it is left alone. */
  readonly refused: number;
  readonly stored: number;
  /** Answers that were not written because this process has written too many keys. */
  readonly tooMany: number;
  /** Answers that are not well-formed text, and would not come back as they went. */
  readonly malformed: number;
}

const KEY_BYTES_MAX = 256;
const SEAL_LENGTH = 64;

/**
 * Shares answers for exact gene ids through Redis. A value is its seal, the question that it answers, and the answer, one line
 * each; whatever is not sealed and not for this very question is no answer.
 */
export class GeneAnswers implements AnswerTier {
  readonly #options: Required<Omit<GeneAnswersOptions, 'secret'>>;
  readonly #secret: string | undefined;
  /** When the keys that were written lately are gone from Redis, in that order. */
  readonly #written = new Map<string, number>();
  readonly #counts = {
    hits: 0,
    absent: 0,
    corrupt: 0,
    foreign: 0,
    tooLarge: 0,
    failed: 0,
    refused: 0,
    stored: 0,
    tooMany: 0,
    malformed: 0,
  };

  constructor({ secret, ...options }: GeneAnswersOptions) {
    const { prefix = 'atlas', ttlSeconds = 30 } = options;
    const keyBytes = Buffer.byteLength(`${prefix}:gene:`) + SEAL_LENGTH;
    if (keyBytes > KEY_BYTES_MAX) {
      throw new RangeError(
        `Cannot make gene answers: their keys have ${keyBytes} bytes (want at most ${KEY_BYTES_MAX}: a shorter prefix)`,
      );
    }
    this.#secret = secret;
    this.#options = {
      valueBytesMax: 65_536,
      keysMax: 100_000,
      ...options,
      prefix,
      ttlSeconds: Math.min(60, Math.max(1, Math.floor(ttlSeconds))),
    };
  }

  async get(key: AnswerKey): Promise<string | undefined> {
    const { redis, valueBytesMax } = this.#options;
    const question = questionOf(key);
    const name = this.#nameOf(question);
    const reply = await redis.ask((commands) => commands.getRange(name, valueBytesMax + 1), TWICE);
    const value = this.#answered(reply);
    return value === undefined ? undefined : this.#open(question, value);
  }

  async set(key: AnswerKey, answer: string): Promise<void> {
    const { redis, ttlSeconds, valueBytesMax } = this.#options;
    const question = questionOf(key);
    if (!answer.isWellFormed()) {
      this.#counts.malformed += 1;
      return;
    }
    const sealed = `${question}\n${answer}`;
    const value = `${this.#sealOf(sealed)}\n${sealed}`;
    if (Buffer.byteLength(value) > valueBytesMax) {
      this.#counts.tooLarge += 1;
      return;
    }
    const name = this.#nameOf(question);
    if (!this.#mayWrite(name)) {
      this.#counts.tooMany += 1;
      return;
    }
    const reply = await redis.ask(async (commands) => {
      await commands.set(name, value, ttlSeconds);
      return true;
    }, TWICE);
    if (this.#answered(reply) === true) this.#counts.stored += 1;
  }

  /** Tells how reads and writes came out since the start. */
  counts(): GeneAnswersCounts {
    return { ...this.#counts };
  }

  #answered<T>(reply: RedisReply<T>): T | undefined {
    if (reply.kind === 'answered') return reply.value;
    this.#counts[reply.kind] += 1;
    return undefined;
  }

  #open(question: string, value: string): string | undefined {
    const { valueBytesMax } = this.#options;
    const outcome = ((): 'absent' | 'tooLarge' | 'corrupt' | 'foreign' | 'hits' => {
      if (value === '') return 'absent';
      if (Buffer.byteLength(value) > valueBytesMax) return 'tooLarge';
      const sealed = value.slice(SEAL_LENGTH + 1);
      if (!isSame(value.slice(0, SEAL_LENGTH + 1), `${this.#sealOf(sealed)}\n`)) return 'corrupt';
      return sealed.startsWith(`${question}\n`) ? 'hits' : 'foreign';
    })();
    this.#counts[outcome] += 1;
    if (outcome !== 'hits') return undefined;
    return value.slice(SEAL_LENGTH + question.length + 2);
  }

  /** Counts a key as written before it is: a write that times out may have come through. */
  #mayWrite(name: string): boolean {
    const { clock, keysMax, ttlSeconds } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [written, goneMs] of this.#written) {
      if (goneMs > nowMs) break;
      this.#written.delete(written);
    }
    if (!this.#written.delete(name) && this.#written.size >= keysMax) return false;
    this.#written.set(name, nowMs + ttlSeconds * 1_000);
    return true;
  }

  #nameOf(question: string): string {
    return `${this.#options.prefix}:gene:${createHash('sha256').update(question).digest('hex')}`;
  }

  #sealOf(sealed: string): string {
    const hash =
      this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
    return hash.update(sealed).digest('hex');
  }
}

/** Writes what an answer depends on as one line. Two questions never have one line: JSON keeps their parts apart. */
function questionOf({ scope, artifactSha256, geneId, fields }: AnswerKey): string {
  return JSON.stringify([scope, artifactSha256, geneId, fields]);
}

/** Takes equally long wherever they differ: a seal cannot be found out digit by digit. */
function isSame(found: string, expected: string): boolean {
  const [a, b] = [Buffer.from(found), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
