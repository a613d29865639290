import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { quote } from '../../ledger/text.ts';
import { additionalData, type Header, NONCE_BYTES, type SealedItem, TAG_BYTES } from './format.ts';

/** The key of a batch of items, and that key encrypted to who may read them. */
export interface BatchKey {
  readonly key: Buffer;
  /** An age file. */
  readonly wrapped: Uint8Array;
}

/** Secret keys of age, each `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. */
export type Identities = readonly string[];

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const MAX_IDENTITY_FILE = 1_048_576;

/** @throws Failure where a recipient is none of age's own */
export async function newBatchKey(recipients: readonly string[]): Promise<BatchKey> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new Failure(
        `${quote(recipient)} is no recipient of age: give what age-keygen says is the public key, age1…`,
      );
    }
  }
  const key = randomBytes(KEY_BYTES);
  return { key, wrapped: await encrypter.encrypt(key) };
}

/**
 * Reads a file of age's secret keys: one a line, empty lines and those that begin with # are passed over.
 * @throws Failure where it cannot be read, has none, or a line is none
 */
export async function readIdentities(path: string): Promise<Identities> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Failure(`the identity file ${path} cannot be read: ${errorReason(error)}`);
  });
  if (text.length > MAX_IDENTITY_FILE) throw new Failure(`${path} is too long for a file of age identities`);
  const { Decrypter } = await import('age-encryption');
  const identities: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const identity = line.trim();
    if (identity === '' || identity.startsWith('#')) continue;
    try {
      new Decrypter().addIdentity(identity);
    } catch {
      // The line may be a secret key with one letter wrong: it is not shown.
      throw new Failure(
        `line ${index + 1} of ${path} is no age identity: expected AGE-SECRET-KEY-1…, as age-keygen writes it`,
      );
    }
    identities.push(identity);
  }
  if (identities.length === 0) throw new Failure(`${path} has no age identity: make one with age-keygen`);
  return identities;
}

/** Why the key of a batch is not to be had: nobody gave an identity, or none that was given fits. */
export type Locked = 'encrypted' | 'locked';

/** Decrypts the keys of batches, each once as long as the headers do not change. */
export class BatchKeys {
  readonly #identities: Identities;
  #header: Header | undefined;
  #key: Buffer | Locked = 'encrypted';

  constructor(identities: Identities = []) {
    this.#identities = identities;
  }

  /** Never throws: a key file that is no age file is `locked` too. */
  async open(header: Header): Promise<Buffer | Locked> {
    if (header !== this.#header) {
      this.#key = header.key === undefined ? 'locked' : await this.#unwrap(header.key);
      this.#header = header;
    }
    return this.#key;
  }

  async #unwrap(wrapped: Buffer): Promise<Buffer | Locked> {
    if (this.#identities.length === 0) return 'encrypted';
    const { Decrypter } = await import('age-encryption');
    try {
      const decrypter = new Decrypter();
      for (const identity of this.#identities) decrypter.addIdentity(identity);
      const key = Buffer.from(await decrypter.decrypt(wrapped));
      return key.length === KEY_BYTES ? key : 'locked';
    } catch {
      return 'locked';
    }
  }
}

/** @param count how many items were sealed under this key before */
export function sealItem(
  key: Buffer,
  count: number,
  segment: string,
  { id, part }: Pick<SealedItem, 'id' | 'part'>,
  plaintext: Buffer,
): Pick<SealedItem, 'nonce' | 'sealed'> {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(BigInt(count), NONCE_BYTES - 8);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(segment, id, part));
  return { nonce, sealed: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
}

/** The salt and the text's bytes; `undefined` where anything of it was altered. */
export function openItem(key: Buffer, segment: string, item: SealedItem): Buffer | undefined {
  const { id, part, nonce, sealed } = item;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(segment, id, part));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
