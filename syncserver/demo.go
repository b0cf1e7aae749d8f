package main

import (
	"fmt"
	"os"
	"strings"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
)

type demoCmd struct {
	Listen string `help:"Địa chỉ và cổng, chỉ trong máy này." default:"127.0.0.1:8443" placeholder:"MÁY:CỔNG"`
}

// demoBranch and demoPeople are in the example roster; the first is appointed secretary.
const demoBranch = "Phố Như Quỳnh"

var demoPeople = []string{"Lý Minh Hòa", "Bùi Hữu Nam", "Hoàng Thị Bưởi"}

// Run serves a town of invented people from a directory that is gone afterwards, with a
// code for a secretary and for two members.
func (c *demoCmd) Run(s *session) error {
	if !loopbackAddr(c.Listen) {
		return say("Bản chạy thử chỉ mở trong máy này; hãy viết --listen 127.0.0.1:8443.")
	}
	dir, err := os.MkdirTemp("", "sodanvan-thu-")
	if err != nil {
		return sayWhy(err, "Không tạo được thư mục tạm; hãy xem chỗ trống trên ổ đĩa.")
	}
	defer os.RemoveAll(dir)
	try := *s
	try.data = dir
	if err := c.fill(&try); err != nil {
		return err
	}
	serve := serveCmd{Listen: c.Listen, Host: []string{"127.0.0.1"}, Metrics: "off", Log: "text"}
	serve.announce = func() error { return c.codes(&try) }
	return serve.Run(&try)
}

// fill imports the example.
func (c *demoCmd) fill(s *session) error {
	roster, err := importer.Example(importer.Options{Secretaries: []string{demoPeople[0] + ", " + demoBranch}})
	if err != nil {
		return err
	}
	reg, err := s.open(true, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	_, err = reg.ImportRoster(s.ctx, roster, "Thị trấn Như Quỳnh", false)
	return err
}

// codes prints what a book needs to join.
func (c *demoCmd) codes(s *session) error {
	address, err := os.ReadFile(s.data + "/" + addressFile)
	if err != nil {
		return err
	}
	reg, err := s.open(false, registry.Options{Address: strings.TrimSpace(string(address))})
	if err != nil {
		return err
	}
	defer reg.Close()
	people, err := reg.People(s.ctx)
	if err != nil {
		return err
	}
	var who []registry.Person
	for _, name := range demoPeople {
		for _, p := range people {
			if p.Name == name && strings.Contains(viet.SearchKey(p.UnitName), viet.SearchKey(demoBranch)) {
				who = append(who, p)
			}
		}
	}
	codes, err := reg.IssueCodes(s.ctx, who)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, "\nNgười và dữ liệu đều là bịa. Mã cho một bí thư và hai đảng viên:")
	for _, i := range codes {
		fmt.Fprintf(s.stdout, "  %-16s book --book ./%s enrol '%s'\n", i.Person.Name, strings.ReplaceAll(viet.SearchKey(i.Person.Name), " ", "-"), i.Invitation.Text())
	}
	return nil
}
