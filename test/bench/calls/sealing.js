import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** An open segment to its Parquet file, leaves and root and file digest, as `calls seal` does it. */
export async function seal({ library, folder, args: [source], timed }) {
  const { openEngine } = await library.load('calls/engine/duckdb.js');
  const { convertSegment } = await library.load('calls/seal/convert.js');
  const target = join(folder, 'sealed.parquet');
  const engine = await openEngine(join(folder, 'scratch'));
  let conversion;
  const seconds = await timed(async () => {
    conversion = await convertSegment({ engine, kind: 'call', source, target, sealed: () => [] });
  });
  engine.close();
  const { fileSize, records } = conversion.file;
  // The leaf hashes lie beside it.
  return { seconds, bytes: fileSize + 32 * records, records };
}

/**
 * DuckDB's own conversion of the same lines, by its own choice of types and compression.
 * @param limit what its memory is limited to; none unless given, and then it takes some 800 MB
 */
export async function convertBare({ folder, args: [source, limit], timed }) {
  const memory = limit === undefined ? {} : { memory_limit: limit };
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', ...memory });
  const connection = await instance.connect();
  const target = join(folder, 'bare.parquet');
  mkdirSync(dirname(target), { recursive: true });
  const seconds = await timed(() =>
    connection.run(
      `COPY (SELECT * FROM read_json('${source}', format = 'newline_delimited')) TO '${target}' (FORMAT parquet)`,
    ),
  );
  const bytes = statSync(target).size;
  rmSync(target);
  return { seconds, bytes };
}
