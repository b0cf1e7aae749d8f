package bench

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// The row set: visits of one branch in one quarter, invented, the same for every run of one
// seed. A note is as long and as varied as a member's own (most are one or two sentences), so
// that nobody gains by emptier rows; the table prints what the set weighs as JSON and at
// zstd's best, which is the measure for bytes a row.

const seed = 20261121

// visit is one row of the set, in plain values.
type visit struct {
	ID, Household, Member book.ID
	Day                   int32
	Contact               pb.Contact
	// Topics are places in the list of topics.
	Topics   []int
	Note     string
	FollowUp int32
}

// Notes are made of syllables that Vietnamese could have, so that they are as hard to
// compress as what different people write: stock sentences would flatter every compressor.
var (
	onsets = strings.Fields("b c ch d đ g gh gi h k kh l m n ng nh ph qu r s t th tr v x")
	rimes  = strings.Fields("a ai am an ang anh ao at au ay ăm ăn ăng âm ân âng âu ây em en eo ê êm ên êu i ia im in inh iêm iên iêu o oa oan oc oi om on ong ô ôi ôm ôn ông ơ ơi ơm ơn u ua ui um un ung uôi uôn uông ư ưa ưng ươi ươm ươn ương")
	tones  = []string{"", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"}
	topics = []string{"vệ sinh", "vay vốn", "lịch họp", "đường ngõ", "nước sạch", "khuyến học", "đất đai", "bảo hiểm", "mùa vụ", "văn hóa", "điện", "chợ"}
	ways   = map[pb.Contact]string{pb.Contact_CONTACT_AT_HOME: "at_home", pb.Contact_CONTACT_PHONE: "phone", pb.Contact_CONTACT_MEETING: "meeting"}
)

// syllable puts the tone on the rime's last vowel letter; NFC makes one letter of it.
func syllable(r *rand.Rand) string {
	rime := []rune(rimes[r.IntN(len(rimes))])
	at := 0
	for i, c := range rime {
		if strings.ContainsRune("aăâeêioôơuư", c) {
			at = i
		}
	}
	return viet.NFC(onsets[r.IntN(len(onsets))] + string(rime[:at+1]) + tones[r.IntN(len(tones))] + string(rime[at+1:]))
}

// makeVisits gives n visits over households and members; ids rise with time.
func makeVisits(n int, households, members []book.ID) []visit {
	r := rand.New(rand.NewPCG(seed, 1))
	random := readerOf(r)
	out := make([]visit, n)
	ms := int64(1_790_000_000_000)
	for i := range out {
		ms += int64(r.IntN(700_000))
		h := r.IntN(len(households))
		v := visit{ID: book.NewID(ms, random), Household: households[h], Member: members[h%len(members)], Day: int32(ms / 86_400_000), Contact: pb.Contact(1 + r.IntN(3))}
		v.Topics = append(v.Topics, r.IntN(len(topics)))
		if r.IntN(2) == 0 {
			v.Topics = append(v.Topics, (v.Topics[0]+1+r.IntN(len(topics)-1))%len(topics))
		}
		words := make([]string, 14+r.IntN(19))
		for i := range words {
			words[i] = syllable(r)
		}
		v.Note = strings.Join(words, " ") + "."
		if r.IntN(4) == 0 {
			v.FollowUp = v.Day + int32(7+r.IntN(60))
		}
		out[i] = v
	}
	return out
}

// message is the row as the book keeps it; categories gives the ids of the topics.
func (v visit) message(categories []book.ID) *pb.Visit {
	m := &pb.Visit{Day: proto.Int32(v.Day), Contact: v.Contact.Enum(), Note: proto.String(v.Note)}
	for _, t := range v.Topics {
		m.Topics = append(m.Topics, categories[t].Bytes())
	}
	if v.FollowUp != 0 {
		m.FollowUpDay = proto.Int32(v.FollowUp)
	}
	return m
}

// asJSON is the row as a document database would keep it.
func (v visit) asJSON() []byte {
	said := make([]string, len(v.Topics))
	for i, t := range v.Topics {
		said[i] = topics[t]
	}
	doc := map[string]any{"_id": v.ID.String(), "type": "visit", "household": v.Household.String(), "member": v.Member.String(),
		"day": v.Day, "contact": ways[v.Contact], "topics": said, "note": v.Note}
	if v.FollowUp != 0 {
		doc["follow_up"] = v.FollowUp
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return b
}

// weigh gives the bytes a row of the set as JSON, and of all of it at zstd's best.
func weigh(vs []visit) (asJSON, best float64) {
	var all []byte
	for _, v := range vs {
		all = append(append(all, v.asJSON()...), '\n')
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20))
	if err != nil {
		panic(err)
	}
	return float64(len(all)) / float64(len(vs)), float64(len(w.EncodeAll(all, nil))) / float64(len(vs))
}

type source struct{ r *rand.Rand }

func readerOf(r *rand.Rand) io.Reader { return source{r} }

func (s source) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	return len(b), nil
}
