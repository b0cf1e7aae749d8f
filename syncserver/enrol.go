package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sodanvan/shared/seal"
	"sodanvan/shared/viet"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/slips"
)

type enrolCmd struct {
	Member  string `help:"Cấp một mã cho người này." xor:"what" placeholder:"HỌ-TÊN"`
	Branch  string `help:"Chi bộ: để in phiếu cho cả chi bộ, hoặc khi nhiều người trùng tên." placeholder:"TÊN"`
	Slips   string `help:"In phiếu cho cả chi bộ vào tệp PDF này." xor:"what" placeholder:"TỆP.pdf"`
	All     bool   `help:"Khi in phiếu, in cả cho người đã có máy."`
	Revoke  string `help:"Hủy một mã chưa dùng, theo 4 chữ đầu của mã." xor:"what" placeholder:"MÃ"`
	Address string `help:"Địa chỉ máy chủ in trên phiếu. Mặc định: địa chỉ mà “serve” đã dùng." env:"SODANVAN_ADDRESS" placeholder:"https://TÊN:CỔNG"`
}

func (c *enrolCmd) Run(s *session) error {
	if c.Member == "" && c.Slips == "" && c.Revoke == "" {
		return say("Chưa rõ cấp mã cho ai; hãy thêm --member HỌ-TÊN, hoặc --branch TÊN --slips TỆP.pdf.")
	}
	if c.Slips != "" && c.Branch == "" {
		return say("In phiếu cần biết chi bộ nào; hãy thêm --branch TÊN.")
	}
	address, err := c.address(s)
	if err != nil {
		return err
	}
	reg, err := s.open(false, registry.Options{Address: address})
	if err != nil {
		return err
	}
	defer reg.Close()
	switch {
	case c.Revoke != "":
		return c.revoke(s, reg)
	case c.Slips != "":
		return c.print(s, reg)
	}
	return c.one(s, reg)
}

func (c *enrolCmd) address(s *session) (string, error) {
	if c.Address != "" {
		return publicAddress(c.Address, nil, 0, false)
	}
	if a := savedAddress(s.data); a != "" {
		return a, nil
	}
	if c.Revoke != "" || !hasData(s.data) {
		return "", nil // revoking needs none; without data there is a better sentence
	}
	return "", say("Chưa biết địa chỉ máy chủ để ghi trên phiếu; hãy chạy “serve” một lần trước, hoặc thêm --address https://TÊN:CỔNG.")
}

func (c *enrolCmd) one(s *session, reg *registry.Registry) error {
	p, err := findPerson(s, reg, c.Member, c.Branch)
	if err != nil {
		return err
	}
	codes, err := reg.IssueCodes(s.ctx, []registry.Person{p})
	if err != nil {
		return err
	}
	if len(codes) != 1 {
		return fmt.Errorf("issue code: %d codes for one person", len(codes))
	}
	i := codes[0]
	_, err = fmt.Fprintf(s.stdout, "Mã đăng ký máy cho đồng chí %s, %s:\n\n    %s\n\nĐịa chỉ: %s\nDòng mời: %s\nDùng một lần, đến %s. Đừng gửi mã cho người khác.\n",
		fullName(p), p.UnitName, i.Code, i.Invitation.Address, i.Invitation.Text(), i.Expires.In(vietnam).Format("15:04 02/01/2006"))
	return err
}

// vietnam is the zone of what people read.
var vietnam = time.FixedZone("+07", 7*60*60)

func (c *enrolCmd) print(s *session, reg *registry.Registry) (err error) {
	people, err := reg.People(s.ctx)
	if err != nil {
		return err
	}
	if people, err = inBranch(people, c.Branch); err != nil {
		return err
	}
	skipped := 0
	var wanted []registry.Person
	for _, p := range people {
		if p.HasDevice && !c.All {
			skipped++
			continue
		}
		wanted = append(wanted, p)
	}
	if len(wanted) == 0 {
		return say("Mọi người trong chi bộ này đều đã có máy; thêm --all nếu vẫn muốn in phiếu cho tất cả.")
	}
	// The file must be writable before codes are made: a code on no paper is of no use.
	probe, err := os.CreateTemp(filepath.Dir(c.Slips), ".tam-*")
	if err != nil {
		return err
	}
	probe.Close()
	os.Remove(probe.Name())

	codes, err := reg.IssueCodes(s.ctx, wanted)
	if err != nil {
		return err
	}
	var all []slips.Slip
	for _, i := range codes {
		all = append(all, slips.Slip{
			Member: i.Person.Name, Distinguish: i.Person.Distinguish, Branch: i.Person.UnitName,
			Invitation: i.Invitation, Expires: i.Expires,
		})
	}
	err = writeFile(c.Slips, func(w io.Writer) error { return slips.Write(w, all, time.Now()) })
	if err != nil {
		for _, i := range codes { // nobody will ever hold these
			err = errors.Join(err, reg.RevokeCode(s.ctx, i.Code.ID))
		}
		return err
	}
	fmt.Fprintf(s.stdout, "Đã in %s phiếu vào %s.\n", viet.FormatInt(int64(len(all))), c.Slips)
	if skipped > 0 {
		fmt.Fprintf(s.stdout, "Bỏ qua %s người đã có máy.\n", viet.FormatInt(int64(skipped)))
	}
	fmt.Fprintln(s.stdout, "Phiếu có mã bí mật: in xong hãy xóa tệp, phát tận tay từng người.")
	return nil
}

func (c *enrolCmd) revoke(s *session, reg *registry.Registry) error {
	id := c.Revoke
	if whole, err := seal.ParseCode(id); err == nil {
		id = whole.ID
	}
	var p *registry.Problem
	if err := reg.RevokeCode(s.ctx, id); errors.As(err, &p) {
		return sayWhy(err, "Không có mã nào bắt đầu bằng %s; hãy xem lại 4 chữ đầu của mã.", id)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Đã hủy mã %s; phiếu có mã này không còn dùng được.\n", id)
	return nil
}
