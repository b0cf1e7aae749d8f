// Package sqlite keeps the server's data in two SQLite files: server.db with sealed bodies,
// and keys.db with the keys that seal them, so that erasing a household's key erases the
// household in every copy of server.db. It is called by the registry through store.Store.
package sqlite
