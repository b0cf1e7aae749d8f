// Package probe speaks to a real server over a real connection for tests of the whole
// system: the table of rights, bad input, benchmarks. It knows the wire and nothing of the
// field app, so that a mistake of the app cannot hide one of the server.
//
//	s := probe.Start(t, probe.Options{})        // handler and registry in this process, TLS 1.3 on loopback
//	town := probe.NewTown(t, s)                 // an invented commune of two branches
//	p := s.Phone(t, town.Member("Bình"))        // enrols for real
//	p.Sync(p.Visit(p.ID(), household, "…"))     // numbers, signs, sends, follows the pages
//
// All people and places in it are invented.
package probe
