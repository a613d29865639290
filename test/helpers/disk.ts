import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Sandbox } from './sandbox.ts';

/** Whether this user may mount a file system, as root may in most places. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'promptaudit-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PAGE = 4096;

/** A small file system of its own that can be filled up, and made read only. */
export class Disk {
  readonly folder: string;
  private readonly sandbox: Sandbox;
  private readonly ballast: string;

  private constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox;
    this.folder = folder;
    this.ballast = join(folder, 'ballast');
  }

  /** Mounted until the running test ends. */
  static async mount(sandbox: Sandbox, name: string): Promise<Disk> {
    const folder = join(sandbox.dir, name);
    await mkdir(folder);
    await sandbox.ok('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    onTestFinished(async () => {
      await sandbox.ok('umount', ['-l', folder]);
    });
    return new Disk(sandbox, folder);
  }

  /** Leaves so many pages of 4 KiB free. */
  async fill(pages: number): Promise<void> {
    const file = await open(this.ballast, 'w');
    let size = 0;
    try {
      for (;;) size += (await file.write(Buffer.alloc(PAGE))).bytesWritten;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      await file.close();
    }
    await truncate(this.ballast, Math.max(0, size - pages * PAGE));
  }

  async empty(): Promise<void> {
    await rm(this.ballast, { force: true });
  }

  async makeReadOnly(): Promise<void> {
    await this.sandbox.ok('mount', ['-o', 'remount,ro', this.folder]);
  }
}
