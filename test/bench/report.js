/**
 * One line of the table; `bar` is what must hold, `aim` what is wished for (design section 10).
 * @typedef {{ what: string, measured: string, value: number, bar: number, aim: number, unit: string, higherIsBetter?: boolean, detail: string }} Row
 */

/**
 * Records of calls, each against its own limit.
 * @param {Awaited<ReturnType<typeof import('./calls/calls.js').measureCalls>>} calls
 * @returns {Row[]}
 */
export function callRowsOf({
  records,
  segments,
  capture,
  collector,
  sealing,
  bounded,
  disk,
  quick,
  deep,
  queries,
  peaks,
}) {
  const rate = ({ ours, bare }) => `${count(Math.round(ours))}/s, ${count(Math.round(bare))}/s`;
  const megabytes = ({ ours, bare }) => `${(ours / 1e6).toFixed(0)} MB/s, ${(bare / 1e6).toFixed(0)} MB/s`;
  const share = (what, { share: value }, bar, detail) => row(what, value, '×', bar, 1, detail, true);
  const query = (what, name) => {
    const [ours, bare] = [queries.asked[name].milliseconds, queries.bare[name].milliseconds];
    return row(
      `${what}, ${count(records * segments)} records, against bare SQL`,
      ours / bare,
      '×',
      1.5,
      1,
      pair(ours, bare),
    );
  };
  return [
    share('capture against a bare loop', capture, 0.5, rate(capture)),
    share('collector, JSON, against one that throws away', collector.json, 0.5, rate(collector.json)),
    row('collector, JSON, records a second', collector.json.ours, '/s', 10_000, 20_000, '', true),
    share(
      'collector, protobuf, against one that throws away',
      collector.protobuf,
      0.5,
      rate(collector.protobuf),
    ),
    row('collector, protobuf, records a second', collector.protobuf.ours, '/s', 10_000, 20_000, '', true),
    row(
      `sealing ${count(records)} records, against DuckDB's own conversion`,
      sealing.share,
      '×',
      2.5,
      1.5,
      pair(sealing.ours * 1000, sealing.bare * 1000),
    ),
    row(
      `sealing ${count(records)} records, against the same within 600 MB`,
      bounded.share,
      '×',
      2.5,
      1.5,
      pair(bounded.ours * 1000, bounded.bare * 1000),
    ),
    row(
      'a sealed file, against that of DuckDB',
      disk.bytes / disk.bareBytes,
      '×',
      2.5,
      1.5,
      `${(disk.bytes / 1e6).toFixed(0)} MB, ${(disk.bareBytes / 1e6).toFixed(0)} MB`,
    ),
    query('search for a user in two days', 'filter'),
    query('stats by model and environment', 'group'),
    query('one record by its id', 'id'),
    share('calls verify against sha256sum', quick, 0.8, megabytes(quick)),
    row('calls verify --deep against SHA-256 of its leaves', deep.share, '×', 1 / 3, 1, rate(deep), true),
    ...Object.entries(peaks).map(([task, bytes]) =>
      row(`${task}, peak memory`, bytes / 1e6, 'MB', 600, 300, ''),
    ),
  ];
}

/** @returns {Row[]} */
export function rowsOf({ verify, growth, daily, sharing, start, commit }) {
  return [
    row(
      `verify, ${count(verify.events)} events, against git log %G?`,
      verify.timesGit,
      '×',
      100,
      100,
      rates(verify, 'git'),
      true,
    ),
    row(
      `verify, ${count(verify.events)} events, against openssl, one core`,
      verify.timesOpenssl,
      '×',
      1,
      1.5,
      rates(verify, 'openssl'),
      true,
    ),
    ...['verify', 'log'].flatMap((verb) => growthRows(verb, growth)),
    ...daily.verbs.map(({ verb, milliseconds, more }) =>
      row(
        `${verb}, ${count(daily.to)} against ${count(daily.from)} events`,
        more,
        'ms more',
        150,
        50,
        pair(milliseconds.large, milliseconds.small),
      ),
    ),
    ...sharingRows(sharing),
    row(
      'start: --version against node -e 0',
      start.times,
      '×',
      2,
      1.5,
      pair(start.milliseconds.version, start.milliseconds.node),
    ),
    row(
      `commit against git commit -S, by git's configuration`,
      commit.times.configured,
      '×',
      3,
      1,
      pair(commit.milliseconds.configured, commit.milliseconds.git),
    ),
    row(
      'commit against git commit -S, signed in process',
      commit.times.inProcess,
      '×',
      3,
      1,
      pair(commit.milliseconds.inProcess, commit.milliseconds.git),
    ),
  ];
}

function growthRows(verb, { from, to, [verb]: { milliseconds, times, peakBytes } }) {
  const tenfold = to / from / 10;
  return [
    row(
      `${verb}, ${count(to)} against ${count(from)} events`,
      times,
      '×',
      11 * tenfold,
      10 * tenfold,
      pair(milliseconds.large, milliseconds.small),
    ),
    row(
      `${verb}, ${count(to)} events, peak memory`,
      peakBytes.large / 1e6,
      'MB',
      400,
      200,
      `${(peakBytes.small / 1e6).toFixed(0)} MB at ${count(from)}`,
    ),
  ];
}

/** The design sets these no bar of their own: those of the daily verbs stand in, beyond what git takes for the same. */
function sharingRows({ from, to, small, large, more }) {
  const idle = ({ idle: { times, milliseconds, git } }, events) =>
    row(
      `sync, nothing to do, against git fetch, ${count(events)} events`,
      times,
      '×',
      (git + 150) / git,
      (git + 50) / git,
      pair(milliseconds, git),
    );
  const grown = (what, name) =>
    row(
      `${what}, beyond git push, ${count(to)} against ${count(from)} events`,
      more[name],
      'ms more',
      150,
      50,
      pair(large[name].beyond, small[name].beyond),
    );
  return [
    idle(small, from),
    idle(large, to),
    grown('sync that sends one event', 'send'),
    grown('pre-receive of one event', 'receive'),
  ];
}

function row(what, value, unit, bar, aim, detail, higherIsBetter = false) {
  const measured = `${value.toFixed(value < 100 && unit === '×' ? 2 : 0)} ${unit}`;
  return { what, measured, value, bar, aim, unit, higherIsBetter, detail };
}

function rates({ perSecond }, other) {
  return `${count(Math.round(perSecond.verify))}/s, ${count(Math.round(perSecond[other]))}/s`;
}

function pair(ours, theirs) {
  return `${count(Math.round(ours))} ms, ${count(Math.round(theirs))} ms`;
}

function count(value) {
  return value.toLocaleString('en-GB');
}

/** @param {Row} row */
function judge({ value, bar, aim, higherIsBetter }) {
  const reaches = (goal) => (higherIsBetter ? value >= goal : value <= goal);
  if (reaches(aim)) return 'aim';
  return reaches(bar) ? 'bar' : 'missed';
}

/** `verify` by size. @param {Awaited<ReturnType<typeof import('./proving.js').measureSizes>>} sizes */
export function sizesTable(sizes) {
  return aligned([
    ['verify', 'signatures', 'took', 'a second', 'peak memory'],
    ...sizes.map(({ events, signatures, milliseconds, peakBytes }) => [
      `${count(events)} events`,
      count(signatures),
      `${(milliseconds / 1000).toFixed(2)} s`,
      `${count(Math.round((signatures / milliseconds) * 1000))} signatures`,
      `${(peakBytes / 1e6).toFixed(0)} MB`,
    ]),
  ]);
}

/** @param {readonly Row[]} rows */
export function tableOf(rows) {
  const goal = ({ higherIsBetter }, value) => `${higherIsBetter ? '≥' : '≤'} ${Number(value.toFixed(1))}`;
  return aligned([
    ['what', 'measured', 'bar', 'aim', 'reached', 'from'],
    ...rows.map((one) => [
      one.what,
      one.measured,
      goal(one, one.bar),
      goal(one, one.aim),
      judge(one),
      one.detail,
    ]),
  ]);
}

function aligned(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
