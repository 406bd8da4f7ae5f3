// The npm package appwrite-orm against a local Appwrite: migrates, writes, reads, joins; prints what it got as JSON.
// node orm.cjs ENDPOINT   (NODE_PATH names the folder with appwrite-orm and node-appwrite)
const { ServerORM } = require("appwrite-orm/server");
const { Query } = require("node-appwrite");

async function main() {
  const orm = new ServerORM({
    endpoint: process.argv[2],
    projectId: "local",
    databaseId: "shop",
    apiKey: "local",
    autoMigrate: true,
  });
  const db = await orm.init([
    {
      name: "makers",
      schema: { name: { type: "string", size: 60, required: true } },
    },
    {
      name: "products",
      schema: {
        name: { type: "string", size: 60, required: true },
        stock: { type: "integer", min: 0 },
        maker: { type: "string", size: 36 },
        active: { type: "boolean", default: true },
      },
      indexes: [{ key: "by_name", type: "unique", attributes: ["name"] }],
    },
  ]);
  const makers = db.table("makers");
  const products = db.table("products");
  const maker = await makers.create({ name: "Acme" });
  await products.create({ name: "Anvil", stock: 3, maker: maker.$id });
  const many = await products.bulkCreate([
    { name: "Rocket", stock: 1, maker: maker.$id },
    { name: "Glue", stock: 40, maker: maker.$id },
  ]);
  const all = await products.all();
  const found = await products.find([Query.greaterThan("stock", 2), Query.orderAsc("name")]);
  const anvil = await products.get(found[0].$id);
  const changed = await products.update(anvil.$id, { stock: 5 });
  const joined = await db.leftJoin("products", "makers", { foreignKey: "maker", referenceKey: "$id" });
  await products.delete(anvil.$id);
  const left = await products.count();
  console.log(
    JSON.stringify({
      created: many.length,
      all: all.map((row) => row.name).sort(),
      found: found.map((row) => row.name),
      active: anvil.active,
      stock: changed.stock,
      joined: joined.length,
      left,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
