package main

import (
	"sodanvan/app/notebook"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// dayFlag is a day as people type it; nothing is no day.
type dayFlag struct{ notebook.Day }

func (d *dayFlag) UnmarshalText(b []byte) error {
	day, err := notebook.ParseDay(string(b))
	d.Day = day
	return err
}

// choice maps the words of a flag to values of an enum; the words stand in the flag's enum.
func choice[T any](values map[string]T, word string) T { return values[word] }

var (
	purposes = map[string]pb.Purpose{"keep": pb.Purpose_PURPOSE_KEEP, "forward": pb.Purpose_PURPOSE_FORWARD}
	answers  = map[string]pb.Answer{"given": pb.Answer_ANSWER_GIVEN, "declined": pb.Answer_ANSWER_DECLINED, "withdrawn": pb.Answer_ANSWER_WITHDRAWN}
	channels = map[string]pb.Channel{"spoken": pb.Channel_CHANNEL_SPOKEN, "paper": pb.Channel_CHANNEL_PAPER, "phone": pb.Channel_CHANNEL_PHONE}
	contacts = map[string]pb.Contact{
		"home": pb.Contact_CONTACT_AT_HOME, "phone": pb.Contact_CONTACT_PHONE, "meeting": pb.Contact_CONTACT_MEETING,
		"nobody": pb.Contact_CONTACT_NOBODY_MET, "not-wished": pb.Contact_CONTACT_NOT_WISHED,
	}
	welfares = map[string]pb.Welfare{
		"none": pb.Welfare_WELFARE_NONE, "poor": pb.Welfare_WELFARE_POOR, "near-poor": pb.Welfare_WELFARE_NEAR_POOR, "policy": pb.Welfare_WELFARE_POLICY_FAMILY,
	}
	steps = map[string]pb.StepKind{
		"supplement": pb.StepKind_STEP_KIND_SUPPLEMENT, "told": pb.StepKind_STEP_KIND_TOLD, "closed": pb.StepKind_STEP_KIND_CLOSED,
		"reopened": pb.StepKind_STEP_KIND_REOPENED, "taken-back": pb.StepKind_STEP_KIND_TAKEN_BACK,
	}
	initiativeFields = map[string]pb.InitiativeField{
		"economy": pb.InitiativeField_INITIATIVE_FIELD_ECONOMY, "culture-society": pb.InitiativeField_INITIATIVE_FIELD_CULTURE_SOCIETY,
		"defence-security": pb.InitiativeField_INITIATIVE_FIELD_DEFENCE_SECURITY, "party-building": pb.InitiativeField_INITIATIVE_FIELD_PARTY_BUILDING,
	}
	outcomes = map[string]pb.ToldOutcome{"accepted": pb.ToldOutcome_TOLD_OUTCOME_ACCEPTED, "disputed": pb.ToldOutcome_TOLD_OUTCOME_DISPUTED}
)

// on does something for the household of an argument.
func (e *env) on(household string, do func(n *notebook.Notebook, id notebook.ID) error) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.HouseholdNamed(household)
		if err != nil {
			return err
		}
		return do(n, id)
	})
}

type consentCmd struct {
	aHousehold
	For     string `required:"" enum:"keep,forward" help:"keep: ghi vào sổ của chi bộ; forward: chuyển kiến nghị lên trên."`
	Answer  string `required:"" enum:"given,declined,withdrawn" help:"given: đồng ý; declined: không; withdrawn: rút lại."`
	Channel string `required:"" enum:"spoken,paper,phone" help:"spoken: nói trực tiếp; paper: trên giấy; phone: qua điện thoại."`
	Notice  string `help:"Bản thông báo đã đọc cho hộ nghe." placeholder:"BẢN"`
	Witness string `help:"Người chứng kiến." placeholder:"TÊN"`
}

func (c consentCmd) Run(e *env) error {
	return e.on(c.Household, func(n *notebook.Notebook, id notebook.ID) error {
		return e.saved(n.RecordConsent(e, notebook.NewConsent{
			Household: id, Purpose: choice(purposes, c.For), Answer: choice(answers, c.Answer), Channel: choice(channels, c.Channel),
			NoticeVersion: c.Notice, Witness: c.Witness,
		}))
	})
}

type visitCmd struct {
	aHousehold
	How      string   `required:"" enum:"home,phone,meeting,nobody,not-wished" help:"home, phone, meeting, nobody (không gặp ai), not-wished (hộ không muốn tiếp)."`
	Day      dayFlag  `help:"Ngày (không ghi: hôm nay)." placeholder:"NGÀY"`
	Topic    []string `help:"Nội dung đã trao đổi; ghi nhiều lần được." placeholder:"TÊN" sep:"none"`
	Note     string   `help:"Ghi chú."`
	FollowUp dayFlag  `help:"Hẹn lại." placeholder:"NGÀY"`
}

func (c visitCmd) Run(e *env) error {
	return e.on(c.Household, func(n *notebook.Notebook, id notebook.ID) error {
		in := notebook.NewVisit{Household: id, Day: c.Day.Day, Contact: choice(contacts, c.How), Note: c.Note, FollowUp: c.FollowUp.Day}
		for _, t := range c.Topic {
			topic, err := notebook.Named(n.Topics(), t)
			if err != nil {
				return err
			}
			in.Topics = append(in.Topics, topic)
		}
		return e.saved(n.RecordVisit(e, in))
	})
}

type petitionCmd struct {
	aHousehold
	Denunciation string  `required:"" enum:"yes,no" help:"Câu hỏi bắt buộc: hộ nói đây có phải tố cáo không (yes, no)."`
	Text         string  `help:"Ý kiến, bằng lời của hộ."`
	Day          dayFlag `help:"Ngày (không ghi: hôm nay)." placeholder:"NGÀY"`
	Matter       string  `help:"Lĩnh vực." placeholder:"TÊN"`
	WithName     bool    `help:"Hộ muốn gửi kèm tên (mặc định không)."`
}

func (c petitionCmd) Run(e *env) error {
	return e.on(c.Household, func(n *notebook.Notebook, id notebook.ID) error {
		in := notebook.NewPetition{Household: id, Denunciation: c.Denunciation == "yes", Day: c.Day.Day, Text: c.Text, WithName: c.WithName}
		if c.Matter != "" {
			matter, err := notebook.Named(n.Matters(), c.Matter)
			if err != nil {
				return err
			}
			in.Matter = matter
		}
		return e.saved(n.RecordPetition(e, in))
	})
}

type contributeCmd struct {
	aHousehold
	Day      dayFlag `help:"Ngày (không ghi: hôm nay)." placeholder:"NGÀY"`
	Land     string  `help:"Hiến đất, m²." placeholder:"SỐ"`
	Workdays string  `help:"Ngày công." placeholder:"SỐ"`
	Value    string  `help:"Giá trị, đồng." placeholder:"SỐ"`
	For      string  `help:"Mô hình: tên hoặc mã." placeholder:"MÔ_HÌNH"`
}

func (c contributeCmd) Run(e *env) error {
	edit := notebook.ContributionEdit{}
	for _, f := range []struct {
		typed string
		to    **float64
	}{{c.Land, &edit.LandM2}, {c.Workdays, &edit.Workdays}} {
		if f.typed == "" {
			continue
		}
		v, err := viet.ParseNumber(f.typed)
		if err != nil {
			return err
		}
		*f.to = &v
	}
	if c.Value != "" {
		v, err := viet.ParseInt(c.Value)
		if err != nil {
			return err
		}
		edit.ValueVND = &v
	}
	if c.Day.Day != 0 {
		edit.Day = &c.Day.Day
	}
	return e.on(c.Household, func(n *notebook.Notebook, id notebook.ID) error {
		if c.For != "" {
			initiative, err := n.InitiativeNamed(c.For)
			if err != nil {
				return err
			}
			edit.Initiative = &initiative
		}
		return e.saved(n.RecordContribution(e, id, edit, notebook.ID{}))
	})
}

type deleteCmd struct{ anID }

func (c deleteCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.Delete(e, c.ID)) })
}

// householdFlags are the fields of a household; an empty text clears a field.
type householdFlags struct {
	Head     *string `help:"Chủ hộ."`
	Hamlet   *string `help:"Thôn, xóm."`
	Address  *string `help:"Địa chỉ."`
	Phone    *string `help:"Điện thoại."`
	Size     *int32  `help:"Số khẩu."`
	Form     *string `help:"Cách xưng hô: ông, bà, anh, chị."`
	Welfare  *string `enum:"none,poor,near-poor,policy" help:"Diện (bí thư): none, poor, near-poor, policy."`
	Position *int32  `help:"Thứ tự đi (bí thư)."`
}

func (f householdFlags) edit() notebook.HouseholdEdit {
	e := notebook.HouseholdEdit{Head: f.Head, Hamlet: f.Hamlet, Address: f.Address, Phone: f.Phone, Size: f.Size, FormOfAddress: f.Form, Position: f.Position}
	if f.Welfare != nil {
		w := choice(welfares, *f.Welfare)
		e.Welfare = &w
	}
	return e
}

type editCmd struct {
	Household editHouseholdCmd `cmd:"" help:"Sửa trang của hộ."`
	Visit     editVisitCmd     `cmd:"" help:"Sửa lượt tiếp xúc."`
	Petition  editPetitionCmd  `cmd:"" help:"Sửa kiến nghị chưa gửi lên."`
}

type editHouseholdCmd struct {
	aHousehold
	householdFlags
}

func (c editHouseholdCmd) Run(e *env) error {
	return e.on(c.aHousehold.Household, func(n *notebook.Notebook, id notebook.ID) error {
		return e.saved(n.EditHousehold(e, id, c.edit()))
	})
}

// visitFlags are the fields of a visit that an edit may change.
type visitFlags struct {
	Day      *dayFlag `help:"Ngày." placeholder:"NGÀY"`
	How      *string  `enum:"home,phone,meeting,nobody,not-wished" help:"home, phone, meeting, nobody, not-wished."`
	Note     *string  `help:"Ghi chú; để trống thì xóa."`
	FollowUp *dayFlag `help:"Hẹn lại." placeholder:"NGÀY"`
}

func (f visitFlags) edit() notebook.VisitEdit {
	e := notebook.VisitEdit{Note: f.Note}
	if f.Day != nil {
		e.Day = &f.Day.Day
	}
	if f.FollowUp != nil {
		e.FollowUp = &f.FollowUp.Day
	}
	if f.How != nil {
		how := choice(contacts, *f.How)
		e.Contact = &how
	}
	return e
}

type editVisitCmd struct {
	anID
	visitFlags
}

func (c editVisitCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.EditVisit(e, c.ID, c.edit())) })
}

// petitionFlags are the fields of a petition that an edit may change.
type petitionFlags struct {
	Day      *dayFlag `help:"Ngày." placeholder:"NGÀY"`
	Text     *string  `help:"Ý kiến, bằng lời của hộ."`
	WithName *bool    `negatable:"" help:"Gửi kèm tên hộ (--no-with-name: không kèm)."`
}

func (f petitionFlags) edit() notebook.PetitionEdit {
	e := notebook.PetitionEdit{Text: f.Text, WithName: f.WithName}
	if f.Day != nil {
		e.Day = &f.Day.Day
	}
	return e
}

// aPetition is the argument of every command about a petition.
type aPetition struct {
	Petition string `arg:"" help:"Số kiến nghị trên phiếu, hoặc mã."`
}

// about does something for the petition of an argument.
func (e *env) about(petition string, do func(n *notebook.Notebook, id notebook.ID) error) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.PetitionNumbered(petition)
		if err != nil {
			return err
		}
		return do(n, id)
	})
}

type editPetitionCmd struct {
	aPetition
	petitionFlags
}

func (c editPetitionCmd) Run(e *env) error {
	return e.about(c.Petition, func(n *notebook.Notebook, id notebook.ID) error { return e.saved(n.EditPetition(e, id, c.edit())) })
}

type sendUpCmd struct{ aPetition }

func (c sendUpCmd) Run(e *env) error {
	return e.about(c.Petition, func(n *notebook.Notebook, id notebook.ID) error { return e.saved(n.SendUp(e, id)) })
}

type stepCmd struct {
	aPetition
	What    string  `arg:"" enum:"supplement,told,closed,reopened,taken-back" help:"supplement (bổ sung), told (đã báo cho hộ), closed (kết thúc), reopened (mở lại), taken-back (rút lại bước)."`
	Day     dayFlag `help:"Ngày (không ghi: hôm nay)." placeholder:"NGÀY"`
	Text    string  `help:"Nội dung bổ sung."`
	Outcome string  `enum:"accepted,disputed," default:"" help:"Khi báo cho hộ: accepted (đồng tình), disputed (chưa đồng tình)."`
	By      string  `help:"Đồng chí đã báo cho hộ, nếu không phải mình." placeholder:"TÊN"`
	Reason  string  `help:"Vì sao kết thúc, mở lại, rút lại."`
}

func (c stepCmd) Run(e *env) error {
	return e.about(c.Petition, func(n *notebook.Notebook, id notebook.ID) error {
		in := notebook.NewStep{Petition: id, What: choice(steps, c.What), Day: c.Day.Day, Text: c.Text, Outcome: choice(outcomes, c.Outcome), Reason: c.Reason}
		if c.By != "" {
			by, err := n.MemberNamed(c.By)
			if err != nil {
				return err
			}
			in.By = by
		}
		return e.saved(n.AddStep(e, in))
	})
}

type takebackCmd struct {
	ID     notebook.ID `arg:"" optional:"" help:"Mã của lần bị sửa chồng: đưa giá trị của mình trở lại. Không ghi: xem danh sách."`
	Theirs bool        `help:"Để như đang ghi."`
}

func (c takebackCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		switch {
		case c.ID.IsZero():
			all := n.Conflicts()
			return e.give(all, func(p *printer) {
				if len(all) == 0 {
					p.line(0, words.NoConflicts)
				}
				p.conflicts(all)
			})
		case c.Theirs:
			return e.done(words.KeepTheirs, n.KeepTheirs(e, c.ID))
		}
		return e.saved(n.KeepMine(e, c.ID))
	})
}

type mendCmd struct {
	List      mendListCmd      `cmd:"" default:"1" help:"Mục máy chủ chưa nhận, và vì sao."`
	Again     mendAgainCmd     `cmd:"" help:"Gửi lại như cũ (ví dụ sau khi đã hỏi hộ)."`
	Drop      mendDropCmd      `cmd:"" help:"Bỏ; chi bộ vẫn còn bản đã gửi."`
	Visit     mendVisitCmd     `cmd:"" help:"Sửa lượt tiếp xúc rồi gửi lại."`
	Petition  mendPetitionCmd  `cmd:"" help:"Sửa kiến nghị rồi gửi lại."`
	Household mendHouseholdCmd `cmd:"" help:"Sửa trang của hộ rồi gửi lại."`
}

type mendListCmd struct{}

func (mendListCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all := n.Mends()
		return e.give(all, func(p *printer) {
			if len(all) == 0 {
				p.line(0, words.NoMend)
			}
			p.mends(all)
		})
	})
}

type mendAgainCmd struct{ anID }

func (c mendAgainCmd) Run(e *env) error { return e.mend(c.ID, nil) }

func (e *env) mend(id notebook.ID, edit notebook.Edit) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.MendRefused(e, id, edit)) })
}

type mendDropCmd struct{ anID }

func (c mendDropCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.done(words.Dropped, n.DropRefused(e, c.ID)) })
}

type mendVisitCmd struct {
	anID
	visitFlags
}

func (c mendVisitCmd) Run(e *env) error { return e.mend(c.ID, c.edit()) }

type mendPetitionCmd struct {
	anID
	petitionFlags
}

func (c mendPetitionCmd) Run(e *env) error { return e.mend(c.ID, c.edit()) }

type mendHouseholdCmd struct {
	anID
	householdFlags
}

func (c mendHouseholdCmd) Run(e *env) error { return e.mend(c.ID, c.edit()) }
