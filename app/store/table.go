package store

import (
	"maps"

	"sodanvan/shared/book"
)

// shards is how many pieces a table has: a change copies one piece, not the table, so a
// save costs the same in a member's book and in a secretary's of 60,000 records.
const shards = 256

// table is an immutable map. The zero value is empty.
type table[K comparable, V any] struct {
	parts *[shards]map[K]V
	n     int
}

func shardOf[K comparable](k K) int {
	switch k := any(k).(type) {
	case book.ID:
		return int(k[15]) // the last byte of a UUIDv7 is random
	case book.Holder:
		return int(k.ID[15])
	}
	return 0
}

func (t table[K, V]) get(k K) (v V, ok bool) {
	if t.parts == nil {
		return v, false
	}
	v, ok = t.parts[shardOf(k)][k]
	return v, ok
}

func (t table[K, V]) each(f func(K, V) bool) {
	if t.parts == nil {
		return
	}
	for _, p := range t.parts {
		for k, v := range p {
			if !f(k, v) {
				return
			}
		}
	}
}

// tableEdit changes a table without touching the old one.
type tableEdit[K comparable, V any] struct {
	table[K, V]
	own [shards]bool
}

func edit[K comparable, V any](t table[K, V]) *tableEdit[K, V] {
	e := &tableEdit[K, V]{table: t}
	if t.parts == nil {
		e.parts = new([shards]map[K]V)
	} else {
		parts := *t.parts
		e.parts = &parts
	}
	return e
}

func (e *tableEdit[K, V]) part(i int) map[K]V {
	if !e.own[i] {
		e.own[i] = true
		if e.parts[i] == nil {
			e.parts[i] = make(map[K]V)
		} else {
			e.parts[i] = maps.Clone(e.parts[i])
		}
	}
	return e.parts[i]
}

func (e *tableEdit[K, V]) set(k K, v V) {
	p := e.part(shardOf(k))
	if _, ok := p[k]; !ok {
		e.n++
	}
	p[k] = v
}

func (e *tableEdit[K, V]) drop(k K) {
	i := shardOf(k)
	if _, ok := e.parts[i][k]; ok {
		delete(e.part(i), k)
		e.n--
	}
}
