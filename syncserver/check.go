package main

import (
	"errors"
	"fmt"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/registry"
)

type checkCmd struct{}

// Run looks for damage and prints what is stuck. Only damage is a failure: what waits for a
// person may wait on a sound server too.
func (c *checkCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	found, err := reg.Check(s.ctx)
	if err != nil {
		return unreadable(s, err)
	}
	for _, f := range found {
		fmt.Fprintln(s.stdout, f)
	}
	if len(found) == 0 {
		fmt.Fprintln(s.stdout, "Dữ liệu nguyên vẹn: tệp, các tổng kiểm, các bảng tính sẵn và nhật ký truy cập đều khớp.")
	}
	stuck, err := reg.Stuck(s.ctx)
	switch {
	case err == nil:
		fmt.Fprint(s.stdout, "\n", stuckText(stuck))
	case len(found) == 0:
		return unreadable(s, err)
	default:
		fmt.Fprintln(s.stdout, "\nChưa đọc được danh sách việc mắc kẹt vì dữ liệu hỏng.")
	}
	if len(found) > 0 {
		return say("Dữ liệu có %s chỗ không khớp; hãy giữ nguyên thư mục dữ liệu, dừng máy chủ và báo người làm phần mềm.", viet.FormatInt(int64(len(found))))
	}
	return nil
}

// unreadable speaks of data that cannot be read to the end.
func unreadable(s *session, err error) error {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return sayWhy(err, "Không đọc được hết dữ liệu, có thể tệp đã hỏng; hãy giữ nguyên thư mục dữ liệu, dừng máy chủ và báo người làm phần mềm (chi tiết: %v).", errors.Unwrap(err))
}
