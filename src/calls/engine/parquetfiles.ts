import { literal } from './duckdb.ts';

/**
 * SQL: a relation over sealed segments, with `file_row_number`, and no column made from the folders' names. An existing
 * file's path is taken as it is; make sure of that before, for a missing one's may be read as a pattern.
 */
export function parquetFiles(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false, file_row_number = true)`;
}
