import type { RecordKind } from '../record/fields.ts';
import type { Incoming } from '../record/read.ts';

export type Signal = 'traces' | 'logs';
export type OtlpEncoding = 'json' | 'protobuf';
export interface Decoded {
  readonly records: readonly { readonly kind: RecordKind; readonly incoming: Incoming }[];
  readonly rejected: readonly { readonly problem: string }[];
  readonly ignored: number;
}
export interface Otlp {
  decodeOtlp(signal: Signal, encoding: OtlpEncoding, bytes: Uint8Array): Promise<Decoded>;
  encodeResponse(
    signal: Signal,
    encoding: OtlpEncoding,
    partial: { rejected: number; message: string } | undefined,
  ): Promise<Uint8Array>;
  encodeStatus(encoding: OtlpEncoding, code: number, message: string): Promise<Uint8Array>;
}
