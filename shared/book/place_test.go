package book

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestPlace(t *testing.T) {
	w := newWorld()
	w.stored(t, pb.Kind_KIND_PETITION, "đơn", "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("x"))
	w.stored(t, pb.Kind_KIND_NOTICE, "tin", "cán", "xã", byCommune("xã"), "xã", &pb.Notice{})
	w.stored(t, pb.Kind_KIND_UNIT, "tỉnh", "quản", "", byCommune("xã"), "xã", &pb.Unit{Name: proto.String("tỉnh mẫu")})
	w.stored(t, pb.Kind_KIND_UNIT, "tỉnh khác", "quản", "", byCommune("xã khác"), "xã khác", &pb.Unit{Name: proto.String("tỉnh khác")})
	const notTheirs, parked, wire, noReview = "not yours", "parked", "bad wire", "cannot review"
	for _, tc := range []struct {
		name      string
		kind      pb.Kind
		who       string
		subject   string
		household string
		holder    Holder
		unit      string
		err       string
	}{
		{"visit", pb.Kind_KIND_VISIT, "an", "hộ-an", "", byHousehold("hộ-an"), "thôn", ""},
		{"visit that also names its household", pb.Kind_KIND_VISIT, "an", "hộ-an", "hộ-an", byHousehold("hộ-an"), "thôn", ""},
		{"visit that names another household", pb.Kind_KIND_VISIT, "an", "hộ-an", "hộ-bí", Holder{}, "", wire},
		{"visit of a household that was handed over", pb.Kind_KIND_VISIT, "chi", "hộ-an", "", byHousehold("hộ-an"), "thôn", ""},
		{"visit of an unknown household", pb.Kind_KIND_VISIT, "an", "đâu", "", Holder{}, "", parked},
		{"visit of nothing", pb.Kind_KIND_VISIT, "an", "", "", Holder{}, "", wire},
		{"consent", pb.Kind_KIND_CONSENT, "an", "hộ-an", "", byHousehold("hộ-an"), "thôn", ""},
		{"household", pb.Kind_KIND_HOUSEHOLD, "bí", "thôn", "", byHousehold("mới"), "thôn", ""},
		{"household of the commune", pb.Kind_KIND_HOUSEHOLD, "bí", "xã", "", Holder{}, "", notTheirs},
		{"household of an unknown branch", pb.Kind_KIND_HOUSEHOLD, "bí", "đâu", "", Holder{}, "", parked},
		{"household of another commune", pb.Kind_KIND_HOUSEHOLD, "bí", "xa", "", Holder{}, "", notTheirs},
		{"step", pb.Kind_KIND_STEP, "cán", "đơn", "", byHousehold("hộ-an"), "thôn", ""},
		{"step of a notice", pb.Kind_KIND_STEP, "cán", "tin", "", Holder{}, "", notTheirs},
		{"step of an unknown petition", pb.Kind_KIND_STEP, "cán", "đâu", "", Holder{}, "", parked},
		{"review", pb.Kind_KIND_REVIEW, "bí", "đơn", "", byHousehold("hộ-an"), "thôn", ""},
		{"review of a notice", pb.Kind_KIND_REVIEW, "bí", "tin", "", Holder{}, "", noReview},
		{"overwritten", pb.Kind_KIND_OVERWRITTEN, "an", "đơn", "", byHousehold("hộ-an"), "thôn", ""},
		{"receipt of a reader", pb.Kind_KIND_RECEIPT, "an", "tin", "", byMember("an"), "thôn", ""},
		{"receipt at a household", pb.Kind_KIND_RECEIPT, "an", "tin", "hộ-an", byHousehold("hộ-an"), "thôn", ""},
		{"receipt at an unknown household", pb.Kind_KIND_RECEIPT, "an", "tin", "đâu", Holder{}, "", parked},
		{"receipt of an unknown notice", pb.Kind_KIND_RECEIPT, "an", "đâu", "", Holder{}, "", parked},
		{"receipt of a petition", pb.Kind_KIND_RECEIPT, "an", "đơn", "", Holder{}, "", notTheirs},
		{"notice of the branch", pb.Kind_KIND_NOTICE, "bí", "thôn", "", byBranch("thôn"), "thôn", ""},
		{"notice of the commune", pb.Kind_KIND_NOTICE, "cán", "xã", "", byCommune("xã"), "xã", ""},
		{"survey", pb.Kind_KIND_SURVEY, "cán", "thôn", "", byBranch("thôn"), "thôn", ""},
		{"member", pb.Kind_KIND_MEMBER, "bí", "thôn", "", byBranch("thôn"), "thôn", ""},
		{"officer", pb.Kind_KIND_MEMBER, "cán", "xã", "", byCommune("xã"), "xã", ""},
		{"category", pb.Kind_KIND_CATEGORY, "cán", "xã", "", byCommune("xã"), "xã", ""},
		{"category of a branch", pb.Kind_KIND_CATEGORY, "cán", "thôn", "", Holder{}, "", notTheirs},
		{"unit at the top", pb.Kind_KIND_UNIT, "quản", "", "", byCommune("xã"), "xã", ""},
		{"unit under the province", pb.Kind_KIND_UNIT, "quản", "tỉnh", "", byCommune("xã"), "xã", ""},
		{"unit under the commune", pb.Kind_KIND_UNIT, "quản", "xã", "", byCommune("xã"), "xã", ""},
		{"unit under another commune", pb.Kind_KIND_UNIT, "quản", "xã khác", "", Holder{}, "", notTheirs},
		{"unit under another commune's province", pb.Kind_KIND_UNIT, "quản", "tỉnh khác", "", Holder{}, "", notTheirs},
		{"unit under a petition", pb.Kind_KIND_UNIT, "quản", "đơn", "", Holder{}, "", notTheirs},
		{"unit under an unknown one", pb.Kind_KIND_UNIT, "quản", "đâu", "", Holder{}, "", parked},
		{"suggestion", pb.Kind_KIND_SUGGESTION, "bên-bí", "đơn", "", byDesk("thôn"), "thôn", ""},
		{"refused, subject unknown", pb.Kind_KIND_REFUSED, "an", "đâu", "", byDesk("thôn"), "thôn", ""},
		{"refused, of the commune", pb.Kind_KIND_REFUSED, "an", "tin", "", byDesk("thôn"), "thôn", ""},
		{"refused, of an officer", pb.Kind_KIND_REFUSED, "cán", "tin", "", byMember("cán"), "xã", ""},
		{"unknown kind", pb.Kind(99), "an", "hộ-an", "", Holder{}, "", parked},
		{"no kind", pb.Kind_KIND_UNSPECIFIED, "an", "hộ-an", "", Holder{}, "", wire},
	} {
		t.Run(tc.name, func(t *testing.T) {
			env := &pb.Envelope{Kind: tc.kind.Enum(), Id: named("mới").Bytes()}
			if tc.subject != "" {
				env.Subject = named(tc.subject).Bytes()
			}
			if tc.household != "" {
				env.Household = named(tc.household).Bytes()
			}
			holder, unit, err := Place(env, actor(tc.who), w)
			want := map[string]error{
				"": nil, parked: ErrParked, notTheirs: notYours(0, ruleNotYours), wire: badWire(0, ruleEnvelope), noReview: cannotReview(0, ruleNotReviewed),
			}[tc.err]
			if want == nil && err != nil || want != nil && !errors.Is(err, want) {
				t.Fatalf("%v, want %v", err, want)
			}
			wantUnit := ID{}
			if tc.unit != "" {
				wantUnit = named(tc.unit)
			}
			if holder != tc.holder || unit != wantUnit {
				t.Errorf("%v in %v", holder, unit)
			}
		})
	}
	if _, _, err := Place(&pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Subject: named("hộ-an").Bytes()}, actor("an"), w); !errors.Is(err, badWire(0, ruleEnvelope)) {
		t.Errorf("without id: %v", err)
	}
}
