package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
)

var _ store.Reader = (*session)(nil)

// holderBytes is a holder as the tables have it: its kind, then its id.
func holderBytes(h book.Holder) []byte {
	return append([]byte{byte(h.Kind)}, h.ID[:]...)
}

func holderFrom(b []byte) book.Holder {
	if len(b) != 17 {
		return book.Holder{}
	}
	return book.Holder{Kind: pb.HolderKind(b[0]), ID: book.ID(b[1:])}
}

// optional is an id for a column; the zero id is NULL.
func optional(id book.ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func idFrom(b []byte) book.ID {
	id, _ := book.IDFrom(b)
	return id
}

func (s *session) Meta(name string) (v []byte, err error) {
	_, err = s.one(`SELECT value FROM meta WHERE name = ?`, []any{name}, &v)
	return v, err
}

func (s *session) Secret(name string) ([]byte, error) {
	sealed, err := s.Meta(name)
	if err != nil || sealed == nil {
		return nil, err
	}
	return s.keys.open("meta", name, serverKey, sealed)
}

const rowColumns = `id, unit, holder, seq, kind, subject, author, sealed`

// columns are those of a row as they come, good until the next one.
type columns struct {
	id, unit, holder, subject, author, sealed sql.RawBytes
	row                                       store.Row
}

// all are the places for rowColumns.
func (c *columns) all() []any {
	return []any{&c.id, &c.unit, &c.holder, &c.row.Seq, &c.row.Kind, &c.subject, &c.author, &c.sealed}
}

// openRow makes a row of its columns.
func (s *session) openRow(c *columns) (*store.Row, error) {
	r := c.row
	r.ID, r.Unit, r.Subject, r.Author, r.Holder = idFrom(c.id), idFrom(c.unit), idFrom(c.subject), idFrom(c.author), holderFrom(c.holder)
	var err error
	if r.Bytes, err = s.keys.open("rows", string(c.id), keyOf(r.Holder, r.Unit), c.sealed); err != nil {
		return nil, fmt.Errorf("row %s: %w", r.ID, err)
	}
	return &r, nil
}

// scanRow opens one row.
func (s *session) scanRow(scan func(...any) error) (*store.Row, error) {
	var c columns
	if err := scan(c.all()...); err != nil {
		return nil, mapError(err)
	}
	return s.openRow(&c)
}

func (s *session) row(text string, args ...any) (*store.Row, error) {
	var r *store.Row
	err := s.each(text, args, func(scan func(...any) error) (err error) {
		r, err = s.scanRow(scan)
		return err
	})
	return r, err
}

func (s *session) Row(id book.ID) (*store.Row, error) {
	return s.row(`SELECT `+rowColumns+` FROM rows WHERE id = ?`, id[:])
}

func (s *session) Fetch(k store.Key) (*store.Row, error) {
	r, err := s.row(`SELECT `+rowColumns+` FROM rows WHERE n = ?`, k.N)
	if err == nil && r == nil {
		err = fmt.Errorf("row number %d: %w", k.N, store.ErrConflict)
	}
	return r, err
}

func (s *session) About(subject book.ID, kind pb.Kind) ([]*store.Row, error) {
	var out []*store.Row
	err := s.each(`SELECT `+rowColumns+` FROM rows WHERE subject = ? AND kind = ? AND kind IN (11, 12, 13) ORDER BY seq`,
		[]any{subject[:], int32(kind)}, func(scan func(...any) error) error {
			r, err := s.scanRow(scan)
			out = append(out, r)
			return err
		})
	return out, err
}

func (s *session) EachRow(unit book.ID, fn func(*store.Row) error) error {
	return s.each(`SELECT `+rowColumns+` FROM rows WHERE unit = ?`, []any{unit[:]}, func(scan func(...any) error) error {
		r, err := s.scanRow(scan)
		if err != nil {
			return err
		}
		return fn(r)
	})
}

func (s *session) keysOf(text string, args ...any) ([]store.Key, error) {
	var out []store.Key
	err := s.each(text, args, func(scan func(...any) error) error {
		var k store.Key
		err := scan(&k.N, &k.Seq, &k.Size)
		out = append(out, k)
		return err
	})
	return out, err
}

// bound is a number of a phone's as SQLite can compare it.
func bound(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func (s *session) UnitKeys(unit book.ID, after uint64, limit int) ([]store.Key, error) {
	return s.keysOf(`SELECT n, seq, length(sealed) FROM rows WHERE unit = ?1 AND phase = 0 AND seq > ?2
		UNION ALL SELECT n, seq, length(sealed) FROM rows WHERE unit = ?1 AND phase = 1 AND seq > ?2
		ORDER BY 2 LIMIT ?3`, unit[:], bound(after), limit)
}

func (s *session) HolderKeys(h book.Holder, after uint64, limit int) ([]store.Key, error) {
	return s.keysOf(`SELECT n, seq, length(sealed) FROM rows WHERE holder = ?1 AND phase = 0 AND seq > ?2
		UNION ALL SELECT n, seq, length(sealed) FROM rows WHERE holder = ?1 AND phase = 1 AND seq > ?2
		ORDER BY 2 LIMIT ?3`, holderBytes(h), bound(after), limit)
}

func (s *session) FillUnit(unit book.ID, phase uint32, below uint64, fn store.Fill) error {
	return s.fill(`SELECT `+rowColumns+`, n FROM rows WHERE unit = ? AND phase = ? AND seq < ? ORDER BY seq DESC`, fn, unit[:], phase, bound(below))
}

func (s *session) FillHolder(h book.Holder, phase uint32, below uint64, fn store.Fill) error {
	return s.fill(`SELECT `+rowColumns+`, n FROM rows WHERE holder = ? AND phase = ? AND seq < ? ORDER BY seq DESC`, fn, holderBytes(h), phase, bound(below))
}

// errEnough ends a walk that is not at its end; nobody outside hears it.
var errEnough = errors.New("store: enough rows")

func (s *session) fill(text string, fn store.Fill, args ...any) error {
	err := s.each(text, args, func(scan func(...any) error) error {
		var c columns
		var n int64
		if err := scan(append(c.all(), &n)...); err != nil {
			return mapError(err)
		}
		more, err := fn(store.Key{N: n, Seq: c.row.Seq, Size: len(c.sealed)}, func() (*store.Row, error) { return s.openRow(&c) })
		if err == nil && !more {
			return errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

const unitColumns = `id, commune, seq, digest, rows`

func scanUnit(scan func(...any) error) (store.Unit, error) {
	var id, commune []byte
	var digest int64
	var u store.Unit
	err := scan(&id, &commune, &u.Seq, &digest, &u.Sum.Rows)
	u.ID, u.Commune, u.Sum.Digest = idFrom(id), idFrom(commune), uint64(digest)
	return u, mapError(err)
}

func (s *session) Unit(id book.ID) (u store.Unit, ok bool, err error) {
	err = s.each(`SELECT `+unitColumns+` FROM units WHERE id = ?`, []any{id[:]}, func(scan func(...any) error) (err error) {
		u, err = scanUnit(scan)
		ok = err == nil
		return err
	})
	return u, ok, err
}

func (s *session) Units() ([]store.Unit, error) {
	var out []store.Unit
	err := s.each(`SELECT `+unitColumns+` FROM units ORDER BY id`, nil, func(scan func(...any) error) error {
		u, err := scanUnit(scan)
		out = append(out, u)
		return err
	})
	return out, err
}

func (s *session) HolderSum(h book.Holder) (store.Sum, error) {
	var digest int64
	var sum store.Sum
	_, err := s.one(`SELECT digest, rows FROM holders WHERE holder = ?`, []any{holderBytes(h)}, &digest, &sum.Rows)
	sum.Digest = uint64(digest)
	return sum, err
}

func (s *session) households(where string, arg book.ID) ([]store.Household, error) {
	var out []store.Household
	err := s.each(`SELECT id, branch, member, deleted, since FROM households WHERE `+where, []any{arg[:]}, func(scan func(...any) error) error {
		var id, branch, member []byte
		var h store.Household
		err := scan(&id, &branch, &member, &h.Deleted, &h.Since)
		h.ID, h.Branch, h.Member = idFrom(id), idFrom(branch), idFrom(member)
		out = append(out, h)
		return mapError(err)
	})
	return out, err
}

func (s *session) Household(id book.ID) (store.Household, bool, error) {
	hs, err := s.households(`id = ?`, id)
	if err != nil || len(hs) == 0 {
		return store.Household{}, false, err
	}
	return hs[0], true, nil
}

func (s *session) HouseholdsOf(member book.ID) ([]store.Household, error) {
	return s.households(`member = ? ORDER BY id`, member)
}

func (s *session) HouseholdsIn(branch book.ID) ([]store.Household, error) {
	return s.households(`branch = ? ORDER BY id`, branch)
}

func (s *session) members(where string, arg book.ID) ([]store.Member, error) {
	var out []store.Member
	err := s.each(`SELECT id, unit, office, deleted, has_device, since, proxy_since FROM members WHERE `+where, []any{arg[:]},
		func(scan func(...any) error) error {
			var id, unit []byte
			var m store.Member
			err := scan(&id, &unit, &m.Office, &m.Deleted, &m.HasDevice, &m.Since, &m.ProxySince)
			m.ID, m.Unit = idFrom(id), idFrom(unit)
			out = append(out, m)
			return mapError(err)
		})
	if err != nil {
		return nil, err
	}
	for i := range out {
		err := s.each(`SELECT proxy FROM proxies WHERE member = ?`, []any{out[i].ID[:]}, func(scan func(...any) error) error {
			var p []byte
			err := scan(&p)
			out[i].Proxies = append(out[i].Proxies, idFrom(p))
			return mapError(err)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *session) Member(id book.ID) (store.Member, bool, error) {
	ms, err := s.members(`id = ?`, id)
	if err != nil || len(ms) == 0 {
		return store.Member{}, false, err
	}
	return ms[0], true, nil
}

func (s *session) MembersOf(unit book.ID) ([]store.Member, error) {
	return s.members(`unit = ? ORDER BY id`, unit)
}

func (s *session) ProxyFor(member book.ID) ([]store.Member, error) {
	return s.members(`id IN (SELECT member FROM proxies WHERE proxy = ?) ORDER BY id`, member)
}

// What a tenure is of.
const (
	tenureHousehold = 1
	tenureOffice    = 2
	tenureProxy     = 3
)

func (s *session) tenures(what int, of book.ID) ([]store.Tenure, error) {
	var out []store.Tenure
	err := s.each(`SELECT member, since, until FROM tenures WHERE what = ? AND of = ? ORDER BY since`, []any{what, of[:]},
		func(scan func(...any) error) error {
			var m []byte
			t := store.Tenure{Of: of}
			err := scan(&m, &t.From, &t.To)
			t.Member = idFrom(m)
			out = append(out, t)
			return mapError(err)
		})
	return out, err
}

func (s *session) HouseholdTenures(household book.ID) ([]store.Tenure, error) {
	return s.tenures(tenureHousehold, household)
}

func (s *session) OfficeTenures(unit book.ID) ([]store.Tenure, error) {
	return s.tenures(tenureOffice, unit)
}

func (s *session) ProxyTenures(member book.ID) ([]store.Tenure, error) {
	return s.tenures(tenureProxy, member)
}

func (s *session) Version(id book.ID, digest [16]byte) (writers []book.ID, ok bool, err error) {
	var b []byte
	ok, err = s.one(`SELECT writers FROM versions WHERE id = ? AND digest = ?`, []any{id[:], digest[:]}, &b)
	for ; len(b) >= 16; b = b[16:] {
		writers = append(writers, book.ID(b[:16]))
	}
	return writers, ok, err
}

func (s *session) Approved(id book.ID) (*store.Approved, error) {
	a := &store.Approved{Record: id}
	var review, sealed []byte
	var key string
	ok, err := s.one(`SELECT digest, review, key, sealed FROM approved WHERE id = ?`, []any{id[:]}, &a.Digest, &review, &key, &sealed)
	if err != nil || !ok {
		return nil, err
	}
	a.Review = idFrom(review)
	a.Body, err = s.keys.open("approved", string(id[:]), key, sealed)
	return a, err
}

const deviceColumns = `number, member, public_key, token_hash, old_token, token_ms, name, enrolled_ms, last_sync, last_stamp,
	last_op, confirmed, matched, unsent, skew_ms, revoked, unconfirmed, clone_of, clone_mark, schema, kept, jump, ahead_ms, day, day_ops, mends, last_name`

func (s *session) devices(where string, args ...any) ([]*store.Device, error) {
	var out []*store.Device
	err := s.each(`SELECT `+deviceColumns+` FROM devices WHERE `+where, args, func(scan func(...any) error) error {
		d := &store.Device{}
		var member []byte
		err := scan(&d.Number, &member, &d.Key, &d.TokenHash, &d.OldToken, &d.TokenMS, &d.Name, &d.EnrolledMS, &d.LastSync, &d.LastStamp,
			&d.LastOp, &d.Confirmed, &d.Matched, &d.Unsent, &d.SkewMS, &d.Revoked, &d.Unconfirmed, &d.CloneOf, &d.CloneMark, &d.Schema,
			&d.Kept, &d.Jump, &d.AheadMS, &d.Day, &d.DayOps, &d.Mends, &d.LastName)
		d.Member = idFrom(member)
		out = append(out, d)
		return mapError(err)
	})
	return out, err
}

func (s *session) device(where string, args ...any) (*store.Device, error) {
	ds, err := s.devices(where, args...)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	return ds[0], nil
}

func (s *session) Device(number uint32) (*store.Device, error) {
	return s.device(`number = ?`, number)
}

func (s *session) DeviceByToken(hash []byte) (*store.Device, error) {
	return s.device(`token_hash = ?1 OR old_token = ?1`, hash)
}

func (s *session) Devices() ([]*store.Device, error) { return s.devices(`1 ORDER BY number`) }

func (s *session) DevicesOf(member book.ID) ([]*store.Device, error) {
	return s.devices(`member = ? ORDER BY number`, member[:])
}

func (s *session) Log(device uint32, first, last uint64) ([]store.LogEntry, error) {
	var out []store.LogEntry
	err := s.each(`SELECT entries FROM oplog WHERE device = ? AND last >= ? AND first <= ? ORDER BY last`, []any{device, first, last},
		func(scan func(...any) error) error {
			var b []byte
			if err := scan(&b); err != nil {
				return mapError(err)
			}
			es, err := decodeLog(b)
			for _, e := range es {
				if e.Number >= first && e.Number <= last {
					out = append(out, e)
				}
			}
			return err
		})
	return out, err
}

func (s *session) LateAcks(device uint32, numbers []uint64) ([]store.LogEntry, error) {
	var out []store.LogEntry
	for _, n := range numbers {
		e := store.LogEntry{Number: n}
		ok, err := s.one(`SELECT hash, ack FROM late_acks WHERE device = ? AND number = ?`, []any{device, bound(n)}, &e.Hash, &e.Ack)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s *session) Fate(record book.ID, device uint32) (*store.Fate, error) {
	f := &store.Fate{Record: record, Device: device}
	ok, err := s.one(`SELECT result FROM fates WHERE record = ? AND device = ?`, []any{record[:], device}, &f.Result)
	if err != nil || !ok {
		return nil, err
	}
	return f, nil
}

// knownAtOnce is how many ids one statement of Known asks for.
const knownAtOnce = 64

// known gives that statement for what the database has any of; the number after the ids is
// the device.
func known(of store.Known) string {
	var in strings.Builder
	for i := 1; i <= knownAtOnce; i++ {
		fmt.Fprintf(&in, ", ?%d", i)
	}
	var parts []string
	for _, p := range []struct {
		what store.Known
		text string
	}{
		{store.KnownRow, "SELECT id, %d FROM rows WHERE id IN (%s)"},
		{store.KnownFate, "SELECT record, %d FROM fates WHERE record IN (%s)" + fmt.Sprintf(" AND device = ?%d", knownAtOnce+1)},
		{store.KnownAwaited, "SELECT wait_for, %d FROM parked WHERE wait_for IN (%s)"},
		{store.KnownErased, "SELECT id, %d FROM erased WHERE id IN (%s)"},
	} {
		if of&p.what != 0 {
			parts = append(parts, fmt.Sprintf(p.text, p.what, in.String()[2:]))
		}
	}
	return strings.Join(parts, " UNION ALL ")
}

// knowable is what the database has any of: a small one has rows and nothing else.
func (s *session) knowable() (of store.Known, err error) {
	var fates, parked, erased bool
	_, err = s.one(`SELECT EXISTS (SELECT 1 FROM fates), EXISTS (SELECT 1 FROM parked), EXISTS (SELECT 1 FROM erased)`, nil, &fates, &parked, &erased)
	of = store.KnownRow
	for what, any := range map[store.Known]bool{store.KnownFate: fates, store.KnownAwaited: parked, store.KnownErased: erased} {
		if any {
			of |= what
		}
	}
	return of, err
}

func (s *session) Known(ids []book.ID, device uint32) (map[book.ID]store.Known, error) {
	out := map[book.ID]store.Known{}
	of, err := s.knowable()
	if err != nil {
		return nil, err
	}
	text := known(of)
	args := make([]any, knownAtOnce+1)
	args[knownAtOnce] = device
	for part := range slices.Chunk(ids, knownAtOnce) {
		for i := range knownAtOnce {
			args[i] = part[min(i, len(part)-1)][:] // a short part repeats its last id
		}
		err := s.each(text, args, func(scan func(...any) error) error {
			var id []byte
			var what store.Known
			err := scan(&id, &what)
			out[idFrom(id)] |= what
			return mapError(err)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *session) HasErased() (bool, error) {
	var one int
	return s.one(`SELECT 1 FROM erased LIMIT 1`, nil, &one)
}

func (s *session) Erased(id book.ID) (bool, error) {
	var one int
	return s.one(`SELECT 1 FROM erased WHERE id = ?`, []any{id[:]}, &one)
}

func (s *session) ids(text string, args ...any) ([]book.ID, error) {
	var out []book.ID
	err := s.each(text, args, func(scan func(...any) error) error {
		var id []byte
		err := scan(&id)
		out = append(out, idFrom(id))
		return mapError(err)
	})
	return out, err
}

func (s *session) ErasedIDs() ([]book.ID, error) { return s.ids(`SELECT id FROM erased`) }

func (s *session) ErasedAfter(unit book.ID, after, upto uint64) ([]book.ID, error) {
	return s.ids(`SELECT id FROM erased WHERE unit = ? AND seq > ? AND seq <= ? ORDER BY seq, id`, unit[:], bound(after), bound(upto))
}

func (s *session) HeldBy(h book.Holder) ([]book.ID, error) {
	return s.ids(`SELECT id FROM rows WHERE holder = ? ORDER BY seq`, holderBytes(h))
}

func (s *session) OnDesk(subject book.ID) ([]*store.Row, error) {
	return s.desk(`subject = ? AND`, subject[:])
}

func (s *session) AllOnDesk() ([]*store.Row, error) { return s.desk(``) }

func (s *session) desk(where string, args ...any) ([]*store.Row, error) {
	var out []*store.Row
	err := s.each(`SELECT `+rowColumns+` FROM rows WHERE `+where+` kind IN (19, 20) ORDER BY seq`, args, func(scan func(...any) error) error {
		r, err := s.scanRow(scan)
		out = append(out, r)
		return err
	})
	return out, err
}

func (s *session) AllWork() ([]store.Work, error) {
	return s.work(`SELECT n, device, ms, waits, sealed FROM work ORDER BY n`)
}

func (s *session) WaitingWork() ([]store.Work, error) {
	return s.work(`SELECT n, device, ms, waits, NULL FROM work WHERE waits <> 0 ORDER BY n`)
}

func (s *session) work(query string) ([]store.Work, error) {
	var out []store.Work
	err := s.each(query, nil, func(scan func(...any) error) error {
		var w store.Work
		err := scan(&w.N, &w.Device, &w.MS, &w.Waits, &w.Sealed)
		out = append(out, w)
		return mapError(err)
	})
	return out, err
}

func (s *session) AllParked() ([]*store.Parked, error) { return s.parked(`1`) }

func (s *session) ParkedFor(waitFor book.ID) ([]*store.Parked, error) {
	return s.parked(`wait_for = ?`, waitFor[:])
}

func (s *session) parked(where string, args ...any) ([]*store.Parked, error) {
	var out []*store.Parked
	err := s.each(`SELECT device, number, wait_for, record, unit, skew_ms, key, sealed FROM parked WHERE `+where+` ORDER BY device, number`, args,
		func(scan func(...any) error) error {
			p := &store.Parked{}
			var waitFor, record, unit, sealed []byte
			var key string
			if err := scan(&p.Device, &p.Number, &waitFor, &record, &unit, &p.SkewMS, &key, &sealed); err != nil {
				return mapError(err)
			}
			p.WaitFor, p.Record, p.Unit = idFrom(waitFor), idFrom(record), idFrom(unit)
			var err error
			p.Op, err = s.keys.open("parked", fmt.Sprint(p.Device, "/", p.Number), key, sealed)
			out = append(out, p)
			return err
		})
	return out, err
}

func (s *session) ParkedCount() (n int, err error) {
	_, err = s.one(`SELECT count(*) FROM parked`, nil, &n)
	return n, err
}

func (s *session) History(record book.ID, before uint64, limit int) ([]*pb.PastValue, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	var out []*pb.PastValue
	err := s.each(`SELECT key, sealed FROM past WHERE record = ?1 AND stamp < ?2 AND stamp >= coalesce(
		(SELECT stamp FROM past WHERE record = ?1 AND stamp < ?2 ORDER BY stamp DESC LIMIT 1 OFFSET ?3), 0)
		ORDER BY stamp DESC, n DESC`, []any{record[:], bound(before), limit - 1},
		func(scan func(...any) error) error {
			var key string
			var sealed []byte
			if err := scan(&key, &sealed); err != nil {
				return mapError(err)
			}
			b, err := s.keys.open("past", string(record[:]), key, sealed)
			if err != nil {
				return err
			}
			v := &pb.PastValue{}
			out = append(out, v)
			return proto.Unmarshal(b, v)
		})
	return out, err
}

func (s *session) Imported(unit book.ID) (map[book.ID][]byte, error) {
	out := map[book.ID][]byte{}
	err := s.each(`SELECT record, key, sealed FROM imported WHERE unit = ?`, []any{unit[:]}, func(scan func(...any) error) error {
		var record, sealed []byte
		var key string
		if err := scan(&record, &key, &sealed); err != nil {
			return mapError(err)
		}
		b, err := s.keys.open("imported", string(record), key, sealed)
		out[idFrom(record)] = b
		return err
	})
	return out, err
}

func (s *session) codes(where string, args ...any) ([]*store.Code, error) {
	var out []*store.Code
	err := s.each(`SELECT id, member, sealed, issued_ms, expires_ms, issuer, nonce, device_key, device, revoked, failures FROM codes WHERE `+where, args,
		func(scan func(...any) error) error {
			c := &store.Code{}
			var member, sealed []byte
			if err := scan(&c.ID, &member, &sealed, &c.IssuedMS, &c.ExpiresMS, &c.Issuer, &c.Nonce, &c.DeviceKey, &c.Device, &c.Revoked, &c.Failures); err != nil {
				return mapError(err)
			}
			c.Member = idFrom(member)
			var err error
			c.Key, err = s.keys.open("codes", c.ID, serverKey, sealed)
			out = append(out, c)
			return err
		})
	return out, err
}

func (s *session) Code(id string) (*store.Code, error) {
	cs, err := s.codes(`id = ?`, id)
	if err != nil || len(cs) == 0 {
		return nil, err
	}
	return cs[0], nil
}

func (s *session) Codes() ([]*store.Code, error) { return s.codes(`1 ORDER BY issued_ms, id`) }

func (s *session) AuditHead() (h []byte, err error) {
	_, err = s.one(`SELECT hash FROM audit ORDER BY n DESC LIMIT 1`, nil, &h)
	return h, err
}

func (s *session) audit(where string, args []any, fn func(store.AuditEntry) error) error {
	return s.each(`SELECT n, ms, device, verb, holder, count, hash FROM audit WHERE `+where, args, func(scan func(...any) error) error {
		var e store.AuditEntry
		var h []byte
		if err := scan(&e.N, &e.MS, &e.Device, &e.Verb, &h, &e.Count, &e.Hash); err != nil {
			return mapError(err)
		}
		e.Holder = holderFrom(h)
		return fn(e)
	})
}

func (s *session) AuditOf(h book.Holder) (out []store.AuditEntry, err error) {
	err = s.audit(`holder = ? ORDER BY n`, []any{holderBytes(h)}, func(e store.AuditEntry) error { out = append(out, e); return nil })
	return out, err
}

func (s *session) AuditAll(fn func(store.AuditEntry) error) error {
	return s.audit(`1 ORDER BY n`, nil, fn)
}
