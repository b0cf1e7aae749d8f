// The peer's server: express-pouchdb over LevelDB, on plain HTTP of loopback.
//
//   node server.js DIRECTORY
//
// It prints {"url": ...} when it is ready, and for every line of standard input what its
// sockets carried since the line before: {"up": bytes, "down": bytes}. It ends with its
// standard input, so that it never outlives who started it.
'use strict';

const path = require('path');
const readline = require('readline');
const express = require('express');
const PouchDB = require('pouchdb');
const expressPouchDB = require('express-pouchdb');

// The leanest mode: no log, no rights, no validation, which speaks for the peer.
const app = express();
app.use('/', expressPouchDB(PouchDB.defaults({ prefix: process.argv[2] + path.sep }), { mode: 'minimumForPouchDB' }));

const open = new Set();
const gone = { up: 0, down: 0 };
const told = { up: 0, down: 0 };

function carried() {
  const sum = { up: gone.up, down: gone.down };
  for (const s of open) {
    sum.up += s.bytesRead;
    sum.down += s.bytesWritten;
  }
  const since = { up: sum.up - told.up, down: sum.down - told.down };
  Object.assign(told, sum);
  return since;
}

const server = app.listen(0, '127.0.0.1', () => {
  // A client keeps its connections between two replications, as a phone keeps its own.
  server.keepAliveTimeout = 60000;
  console.log(JSON.stringify({ url: 'http://127.0.0.1:' + server.address().port }));
});
server.on('connection', (s) => {
  open.add(s);
  s.on('close', () => {
    open.delete(s);
    gone.up += s.bytesRead;
    gone.down += s.bytesWritten;
  });
});

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', () => console.log(JSON.stringify(carried())));
lines.on('close', () => process.exit(0));
