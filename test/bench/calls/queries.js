import { DuckDBInstance } from '@duckdb/node-api';

const USER = 'u4242';
const SINCE = '2026-11-02T00:00:00.000Z';
const UNTIL = '2026-11-04T00:00:00.000Z';

/** A filter, a group-by and one record by its id, as `calls search`, `calls stats` and `calls show` ask them. */
export async function queries({ library, folder, args: [store, id, rangesJson], timed }) {
  const { openEngine } = await library.load('calls/engine/duckdb.js');
  const { listSources } = await library.load('calls/search/sources.js');
  const { search } = await library.load('calls/search/search.js');
  const { stats } = await library.load('calls/search/stats.js');
  const { findRecords } = await library.load('calls/search/find.js');
  const sources = await listSources(store);
  const ranges = new Map(Object.entries(JSON.parse(rangesJson)));
  const engine = await openEngine(`${folder}/scratch`);
  await findRecords(engine, sources, '00000000-0000-7000-8000-000000000000', ranges);
  const filter = { kind: 'call', user: USER, since: SINCE, until: UNTIL };
  const found = await timesOf(timed, async () => {
    const lines = [];
    for await (const line of search(engine, sources, filter, { order: 'newest', limit: 50, ranges }))
      lines.push(line);
    return lines.length;
  });
  const groups = await timesOf(timed, async () => {
    const by = ['model', 'environment'];
    return (await stats(engine, sources, { kind: 'call' }, { by, measures: [], ranges })).length;
  });
  const one = await timesOf(timed, async () => (await findRecords(engine, sources, id, ranges)).length);
  engine.close();
  return { filter: found, group: groups, id: one };
}

/** The same in plain SQL over the same files. */
export async function queriesBare({ args: [store, id], timed }) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const files = `read_parquet('${store}/date=*/*.parquet')`;
  const rows = async (sql) => (await connection.runAndReadAll(sql)).currentRowCount;
  await rows(`SELECT count(*) FROM ${files}`);
  const found = await timesOf(timed, () =>
    rows(
      `SELECT record FROM ${files} WHERE user_id = '${USER}' AND occurred_at >= '${SINCE}' AND occurred_at < '${UNTIL}' ORDER BY occurred_at DESC LIMIT 50`,
    ),
  );
  const groups = await timesOf(timed, () =>
    rows(
      `SELECT coalesce(gen_ai_request_model, gen_ai_response_model), environment, count(*), count(error_type), sum(gen_ai_usage_input_tokens), sum(gen_ai_usage_output_tokens), sum(cost_usd) FROM ${files} WHERE kind = 'call' GROUP BY ALL`,
    ),
  );
  const one = await timesOf(timed, () => rows(`SELECT record FROM ${files} WHERE id = '${id}'`));
  return { filter: found, group: groups, id: one };
}

/** The quickest of three, in milliseconds, and how many rows came. */
async function timesOf(timed, ask) {
  let rows = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const seconds = await timed(async () => {
      rows = await ask();
    });
    best = Math.min(best, seconds * 1000);
  }
  return { milliseconds: best, rows };
}
