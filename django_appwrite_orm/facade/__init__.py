"""The verbs of the TypeScript package appwrite-orm: `orm.table(name)`, batches, joins, definitions."""
