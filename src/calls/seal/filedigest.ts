import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Sha256 } from '../../ledger/event.ts';
import { openPlain } from '../store/plainfile.ts';

export interface FileDigest {
  readonly fileDigest: Sha256;
  readonly fileSize: number;
}

const CHUNK = 1 << 20;

/** The SHA-256 of a file's bytes and how many they are. @throws a system error, also for what is no plain file @param progress is told of each piece's bytes */
export async function digestFile(path: string, progress?: (bytes: number) => void): Promise<FileDigest> {
  const digest = createHash('sha256');
  const bytes = Buffer.allocUnsafe(CHUNK);
  let fileSize = 0;
  const file = await openPlain(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(bytes, 0, CHUNK, null);
      if (bytesRead === 0) break;
      digest.update(bytes.subarray(0, bytesRead));
      fileSize += bytesRead;
      progress?.(bytesRead);
    }
  } finally {
    await file.close();
  }
  return { fileDigest: `sha256:${digest.digest('hex')}` as Sha256, fileSize };
}
