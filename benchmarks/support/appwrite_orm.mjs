// appwrite-orm, the npm package: `node appwrite_orm.mjs FOLDER ENDPOINT`, where FOLDER has its node_modules.
//
// Reads a line of JSON for each command, and writes one with seconds by the clock and of the processor:
// {"command": "hit", "rows": 25, "every": true}. Its migration makes the tables `products` and `archive` of the database
// `bench`; `archive` has one row.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, endpoint] = process.argv.slice(2);
const { ServerORM } = createRequire(join(folder, "x.js"))("appwrite-orm/server");

// As `TURN` and `CALLS` in cells.py.
const TURN = 50;
const CALLS = 10;

const orm = new ServerORM({
  endpoint,
  projectId: "local",
  apiKey: "local",
  databaseId: "bench",
  autoMigrate: true,
});
const schema = {
  name: { type: "string", size: 64 },
  price: { type: "float" },
  stock: { type: "integer" },
  category: { type: "string", size: 16 },
};
const tables = await orm.init([
  { name: "products", schema },
  { name: "archive", schema },
]);
const table = tables.table("products");
let made = [];

const seconds = (usage) => (usage.user + usage.system) / 1e6;

// Seconds of `action`, once.
async function once(action) {
  const used = process.cpuUsage();
  const start = performance.now();
  await action();
  return { wall: (performance.now() - start) / 1e3, cpu: seconds(process.cpuUsage(used)) };
}

// Seconds of one call: the shortest by the clock, the mean of the processor; the first one fills the cache.
async function shortest(action) {
  await action();
  let best = Infinity;
  let calls = 0;
  const used = process.cpuUsage();
  let start = performance.now();
  const end = start + TURN;
  while (start < end || calls < CALLS) {
    await action();
    const now = performance.now();
    best = Math.min(best, now - start);
    calls += 1;
    start = now;
  }
  return { wall: best / 1e3, cpu: seconds(process.cpuUsage(used)) / calls };
}

function attributes(rows) {
  let sum = 0;
  for (const row of rows) {
    sum += row.$id.length + row.name.length + row.price + row.stock + row.category.length;
  }
  return sum;
}

const product = (n) => ({ name: `Product ${n}`, price: n + 0.5, stock: n, category: "books" });

await tables.table("archive").create(product(0));

const commands = {
  // A read from the memory of the process: `get` and `all` are kept there, `query` and `find` are not.
  async hit({ rows, every }) {
    const [{ $id }] = await table.query({}, { limit: 1 });
    const read = rows === 1 ? async () => [await table.get($id)] : () => table.all({ limit: rows });
    return shortest(every ? async () => attributes(await read()) : read);
  },
  async create({ rows }) {
    const documents = Array.from({ length: rows }, (_, n) => product(n));
    return once(async () => {
      made = await table.bulkCreate(documents);
    });
  },
  async update() {
    const updates = made.map(({ $id }, n) => ({ id: $id, data: { stock: n + 1 } }));
    return once(() => table.bulkUpdate(updates));
  },
  async delete() {
    return once(() => table.bulkDelete(made.map(({ $id }) => $id)));
  },
  // The one way in it to read more than a page.
  async walk({ table }) {
    let rows = [];
    const time = await once(async () => {
      rows = await tables.table(table).exportToArray();
      attributes(rows);
    });
    return { ...time, rows: rows.length };
  },
};

const write = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);

write({});
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...values } = JSON.parse(line);
  let result;
  try {
    result = await commands[command](values);
  } catch (error) {
    result = { error: String(error) };
  }
  write(result);
}
