package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	"sodanvan/syncserver/store"
)

var _ store.Tx = (*session)(nil)

func (s *session) SetMeta(name string, value []byte) error {
	return s.exec(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

func (s *session) SetSecret(name string, value []byte) error {
	sealed, err := s.keys.seal("meta", name, serverKey, value)
	if err != nil {
		return err
	}
	return s.SetMeta(name, sealed)
}

// LockUnits has nothing to do: SQLite lets one transaction write at a time, and ours took
// that lock before it read anything.
func (s *session) LockUnits([]book.ID) error { return nil }

func (s *session) PutUnit(u store.Unit) error {
	return s.exec(`INSERT INTO units (id, commune, seq, digest, rows) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, rows = excluded.rows`,
		u.ID[:], u.Commune[:], u.Seq, int64(u.Sum.Digest), u.Sum.Rows)
}

// Statements that store rows; a row that is there changes.
var oneRow, manyRows = putRowsText(1), putRowsText(rowsAtOnce)

func putRowsText(n int) string {
	return `INSERT INTO rows (id, unit, holder, phase, seq, kind, subject, author, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)` +
		strings.Repeat(`, (?, ?, ?, ?, ?, ?, ?, ?, ?)`, n-1) + ` ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, sealed = excluded.sealed`
}

// PutRow makes the key of the row's holder at once and may write the row a little later; see behind.
func (s *session) PutRow(r *store.Row, phase uint32) error {
	if err := s.keys.ensure(keyOf(r.Holder, r.Unit)); err != nil {
		return err
	}
	if s.walking > 0 {
		return s.putRows([]phased{{r, phase}}, oneRow)
	}
	return s.behind.add(r, phase)
}

func (s *session) putRows(rows []phased, text string) error {
	args := make([]any, 0, 9*len(rows))
	for _, r := range rows {
		sealed, err := s.keys.seal("rows", string(r.ID[:]), keyOf(r.Holder, r.Unit), r.Bytes)
		if err != nil {
			return err
		}
		args = append(args, r.ID[:], r.Unit[:], holderBytes(r.Holder), r.phase, r.Seq, int32(r.Kind), optional(r.Subject), optional(r.Author), sealed)
	}
	return s.run(text, args...)
}

func (s *session) SetHolderSum(h book.Holder, unit book.ID, sum store.Sum) error {
	return s.exec(`INSERT INTO holders (holder, unit, digest, rows) VALUES (?, ?, ?, ?)
		ON CONFLICT (holder) DO UPDATE SET digest = excluded.digest, rows = excluded.rows`,
		holderBytes(h), unit[:], int64(sum.Digest), sum.Rows)
}

func (s *session) PutHousehold(h store.Household) error {
	return s.exec(`INSERT INTO households (id, branch, member, deleted, since) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET member = excluded.member, deleted = excluded.deleted, since = excluded.since`,
		h.ID[:], h.Branch[:], optional(h.Member), h.Deleted, h.Since)
}

func (s *session) PutMember(m store.Member) error {
	if err := s.exec(`INSERT INTO members (id, unit, office, deleted, has_device, since, proxy_since) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET office = excluded.office, deleted = excluded.deleted, has_device = excluded.has_device,
		since = excluded.since, proxy_since = excluded.proxy_since`,
		m.ID[:], m.Unit[:], int32(m.Office), m.Deleted, m.HasDevice, m.Since, m.ProxySince); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM proxies WHERE member = ?`, m.ID[:]); err != nil {
		return err
	}
	for _, p := range m.Proxies {
		if err := s.exec(`INSERT OR IGNORE INTO proxies (proxy, member) VALUES (?, ?)`, p[:], m.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) AssignHousehold(household, member book.ID, seq uint64) error {
	if err := s.exec(`UPDATE tenures SET until = ? WHERE what = ? AND of = ? AND until = 0`, seq, tenureHousehold, household[:]); err != nil {
		return err
	}
	if member.IsZero() {
		return nil
	}
	return s.exec(`INSERT OR REPLACE INTO tenures (what, of, member, since, until) VALUES (?, ?, ?, ?, 0)`, tenureHousehold, household[:], member[:], seq)
}

func (s *session) AssignOffice(unit, member book.ID, held bool, seq uint64) error {
	return s.assign(tenureOffice, unit, member, held, seq)
}

func (s *session) AssignProxy(of, proxy book.ID, held bool, seq uint64) error {
	return s.assign(tenureProxy, of, proxy, held, seq)
}

// assign closes one member's running tenure, if any, and opens one where it is held.
func (s *session) assign(what int, of, member book.ID, held bool, seq uint64) error {
	if err := s.exec(`UPDATE tenures SET until = ? WHERE what = ? AND of = ? AND member = ? AND until = 0`, seq, what, of[:], member[:]); err != nil {
		return err
	}
	if !held {
		return nil
	}
	return s.exec(`INSERT OR REPLACE INTO tenures (what, of, member, since, until) VALUES (?, ?, ?, ?, 0)`, what, of[:], member[:], seq)
}

func (s *session) AddVersion(id book.ID, digest [16]byte, writers []book.ID) error {
	b := make([]byte, 0, 16*len(writers))
	for _, w := range writers {
		b = append(b, w[:]...)
	}
	return s.exec(`INSERT OR REPLACE INTO versions (id, digest, writers) VALUES (?, ?, ?)`, id[:], digest[:], b)
}

func (s *session) PutApproved(a *store.Approved, h book.Holder, unit book.ID) error {
	key := keyOf(h, unit)
	sealed, err := s.keys.seal("approved", string(a.Record[:]), key, a.Body)
	if err != nil {
		return err
	}
	return s.exec(`INSERT OR REPLACE INTO approved (id, digest, review, key, sealed) VALUES (?, ?, ?, ?, ?)`,
		a.Record[:], a.Digest, a.Review[:], key, sealed)
}

func (s *session) AddPast(p *store.Past) error {
	b, err := proto.Marshal(p.Value)
	if err != nil {
		return err
	}
	key := keyOf(p.Holder, p.Unit)
	sealed, err := s.keys.seal("past", string(p.Record[:]), key, b)
	if err != nil {
		return err
	}
	return s.exec(`INSERT INTO past (record, stamp, key, sealed) VALUES (?, ?, ?, ?)`, p.Record[:], int64(p.Value.GetStamp()), key, sealed)
}

func (s *session) PutDevice(d *store.Device) error {
	return s.exec(`INSERT OR REPLACE INTO devices (`+deviceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Number, d.Member[:], d.Key, d.TokenHash, d.OldToken, d.TokenMS, d.Name, d.EnrolledMS, d.LastSync, int64(d.LastStamp),
		d.LastOp, d.Confirmed, d.Matched, d.Unsent, d.SkewMS, d.Revoked, d.Unconfirmed, d.CloneOf, d.CloneMark, d.Schema,
		d.Kept, d.Jump, d.AheadMS, d.Day, d.DayOps, d.Mends, d.LastName)
}

const metaNextDevice = "next-device"

// NextDevice counts on from the highest number that was ever given; 0 is the server's own.
func (s *session) NextDevice() (uint32, error) {
	var n uint32
	if _, err := s.one(`SELECT coalesce(max(number), 0) + 1 FROM devices`, nil, &n); err != nil {
		return 0, err
	}
	b, err := s.Meta(metaNextDevice)
	if len(b) == 4 {
		n = max(n, binary.BigEndian.Uint32(b))
	}
	return n, err
}

func (s *session) SetNextDevice(n uint32) error {
	return s.SetMeta(metaNextDevice, binary.BigEndian.AppendUint32(nil, n))
}

// Erase implements store.Tx. What is parked for the record, or was to change it, goes with it.
func (s *session) Erase(id, unit book.ID, seq uint64) error {
	for _, text := range []string{
		`DELETE FROM rows WHERE id = ?`,
		`DELETE FROM past WHERE record = ?`,
		`DELETE FROM versions WHERE id = ?`,
		`DELETE FROM approved WHERE id = ?`,
		`DELETE FROM imported WHERE record = ?`,
		`DELETE FROM fates WHERE record = ?`,
	} {
		if err := s.exec(text, id[:]); err != nil {
			return err
		}
	}
	if err := s.exec(`DELETE FROM parked WHERE record = ?1 OR wait_for = ?1`, id[:]); err != nil {
		return err
	}
	return s.exec(`INSERT INTO erased (id, unit, seq) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, seq = excluded.seq`, id[:], unit[:], seq)
}

func (s *session) EraseHolder(h book.Holder) error {
	key := keyOf(h, book.ID{})
	for _, text := range []string{`DELETE FROM past WHERE key = ?`, `DELETE FROM approved WHERE key = ?`, `DELETE FROM imported WHERE key = ?`} {
		if err := s.exec(text, key); err != nil {
			return err
		}
	}
	if err := s.exec(`DELETE FROM holders WHERE holder = ?`, holderBytes(h)); err != nil {
		return err
	}
	if err := s.exec(`DELETE FROM households WHERE id = ?`, h.ID[:]); err != nil {
		return err
	}
	return s.exec(`DELETE FROM tenures WHERE what = ? AND of = ?`, tenureHousehold, h.ID[:])
}

func (s *session) SetWork(n int64, waits int, sealed []byte) error {
	if len(sealed) == 0 {
		return s.exec(`DELETE FROM work WHERE n = ?`, n)
	}
	return s.exec(`UPDATE work SET waits = ?, sealed = ? WHERE n = ?`, waits, sealed, n)
}

func (s *session) ForgetLateAcks(device uint32, number uint64, asked []uint64) error {
	var there []uint64
	err := s.each(`SELECT number FROM late_acks WHERE device = ? AND number <= ?`, []any{device, bound(number)}, func(scan func(...any) error) error {
		var n uint64
		err := scan(&n)
		there = append(there, n)
		return mapError(err)
	})
	if err != nil {
		return err
	}
	for _, n := range there {
		if slices.Contains(asked, n) {
			continue
		}
		if err := s.exec(`DELETE FROM late_acks WHERE device = ? AND number = ?`, device, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) AppendLog(device uint32, entries []store.LogEntry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.exec(`INSERT INTO oplog (device, last, first, entries) VALUES (?, ?, ?, ?)`,
		device, entries[len(entries)-1].Number, entries[0].Number, encodeLog(entries))
}

func (s *session) ForgetLog(device uint32, number uint64) error {
	return s.exec(`DELETE FROM oplog WHERE device = ? AND last <= ?`, device, number)
}

func (s *session) AddLateAck(device uint32, e store.LogEntry) error {
	return s.exec(`INSERT OR REPLACE INTO late_acks (device, number, hash, ack) VALUES (?, ?, ?, ?)`, device, e.Number, e.Hash, e.Ack)
}

func (s *session) PutFate(f store.Fate) error {
	return s.exec(`INSERT OR REPLACE INTO fates (record, device, result) VALUES (?, ?, ?)`, f.Record[:], f.Device, int32(f.Result))
}

func (s *session) Park(p *store.Parked) error {
	key := keyOf(book.Holder{}, p.Unit)
	sealed, err := s.keys.seal("parked", fmt.Sprint(p.Device, "/", p.Number), key, p.Op)
	if err != nil {
		return err
	}
	return s.exec(`INSERT OR REPLACE INTO parked (device, number, wait_for, record, unit, skew_ms, key, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Device, p.Number, p.WaitFor[:], p.Record[:], p.Unit[:], p.SkewMS, key, sealed)
}

func (s *session) Unpark(device uint32, number uint64) error {
	return s.exec(`DELETE FROM parked WHERE device = ? AND number = ?`, device, number)
}

func (s *session) PutImported(record book.ID, h book.Holder, unit book.ID, note []byte) error {
	key := keyOf(h, unit)
	sealed, err := s.keys.seal("imported", string(record[:]), key, note)
	if err != nil {
		return err
	}
	return s.exec(`INSERT OR REPLACE INTO imported (record, unit, key, sealed) VALUES (?, ?, ?, ?)`, record[:], unit[:], key, sealed)
}

func (s *session) PutCode(c *store.Code) error {
	sealed, err := s.keys.seal("codes", c.ID, serverKey, c.Key)
	if err != nil {
		return err
	}
	return s.exec(`INSERT OR REPLACE INTO codes (id, member, sealed, issued_ms, expires_ms, issuer, nonce, device_key, device, revoked, failures)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Member[:], sealed, c.IssuedMS, c.ExpiresMS, c.Issuer, c.Nonce, c.DeviceKey, c.Device, c.Revoked, c.Failures)
}

func (s *session) AppendAudit(entries []store.AuditEntry) error {
	for _, e := range entries {
		if err := s.exec(`INSERT INTO audit (ms, device, verb, holder, count, hash) VALUES (?, ?, ?, ?, ?, ?)`,
			e.MS, e.Device, e.Verb, holderBytes(e.Holder), e.Count, e.Hash); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) PutWork(device uint32, ms int64, waits int, sealed []byte) error {
	return s.exec(`INSERT INTO work (device, ms, waits, sealed) VALUES (?, ?, ?, ?)`, device, ms, waits, sealed)
}

func (s *session) WorkCount(device uint32) (n int, err error) {
	_, err = s.one(`SELECT count(*) FROM work WHERE device = ?`, []any{device}, &n)
	return n, err
}

// encodeLog packs the fates of one call's ops: number, then hash and ack with their lengths.
func encodeLog(entries []store.LogEntry) []byte {
	var b []byte
	for _, e := range entries {
		b = binary.AppendUvarint(b, e.Number)
		for _, part := range [][]byte{e.Hash, e.Ack} {
			b = binary.AppendUvarint(b, uint64(len(part)))
			b = append(b, part...)
		}
	}
	return b
}

var errLog = errors.New("store: damaged op log")

func decodeLog(b []byte) ([]store.LogEntry, error) {
	var out []store.LogEntry
	number := func() (uint64, error) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, errLog
		}
		b = b[n:]
		return v, nil
	}
	for len(b) > 0 {
		n, err := number()
		if err != nil {
			return nil, err
		}
		e := store.LogEntry{Number: n}
		for _, part := range []*[]byte{&e.Hash, &e.Ack} {
			l, err := number()
			if err != nil || l > uint64(len(b)) {
				return nil, errLog
			}
			*part, b = b[:l:l], b[l:]
		}
		out = append(out, e)
	}
	return out, nil
}
