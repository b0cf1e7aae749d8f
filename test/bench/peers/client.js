// The peer's phone: PouchDB, which replicates to the peer's server and back.
//
//   node client.js URL DIRECTORY DOCUMENTS ADAPTER BATCH BATCHES
//
// DOCUMENTS has a JSON document a line; ADAPTER is leveldb or memory; BATCH and BATCHES are
// PouchDB's batch_size and batches_limit. It puts the documents into a database of its own,
// warms up on a few of them, prints {"ready": number of documents}, and then does what
// standard input says, a line each: "push" to an empty database of the server, "pull" of that
// one into an empty database here. Each is answered with {"seconds": ..., "docs": ...}.
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');
const PouchDB = require('pouchdb');

const [url, dir, file, adapter, batch, batches] = process.argv.slice(2);
if (adapter === 'memory') {
  PouchDB.plugin(require('pouchdb-adapter-memory'));
}
const Local = PouchDB.defaults({ adapter, prefix: dir + path.sep });
const settings = { batch_size: Number(batch), batches_limit: Number(batches) };

async function filled(name, docs) {
  const db = new Local(name);
  for (const result of await db.bulkDocs(docs)) {
    if (!result.ok) {
      throw new Error('put: ' + JSON.stringify(result));
    }
  }
  return db;
}

async function timed(replicate, count) {
  const start = process.hrtime.bigint();
  const result = await replicate();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (!result.ok || result.doc_write_failures !== 0) {
    throw new Error('replication: ' + JSON.stringify(result));
  }
  return { seconds, docs: await count() };
}

const count = (db) => db.info().then((i) => i.doc_count);

async function push(local, name) {
  const remote = new PouchDB(url + '/' + name);
  await remote.info(); // makes the database; the phone of the product is enrolled before, too
  return timed(() => local.replicate.to(remote, settings), () => count(remote));
}

async function pull(name, into) {
  const local = new Local(into);
  await local.info();
  return timed(() => local.replicate.from(new PouchDB(url + '/' + name), settings), () => count(local));
}

async function main() {
  const docs = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const local = await filled('book', docs);
  const warm = await filled('warm', docs.slice(0, 1000));
  await push(warm, 'warm');
  await pull('warm', 'warm-back');
  console.log(JSON.stringify({ ready: await count(local) }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const done = line === 'push' ? await push(local, 'book') : await pull('book', 'back');
    console.log(JSON.stringify(done));
  }
}

main().then(() => process.exit(0), (err) => {
  console.error(err);
  process.exit(1);
});
