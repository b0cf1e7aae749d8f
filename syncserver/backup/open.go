package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"sodanvan/syncserver/store/sqlite"
)

// Why two files do not make a book.
var (
	errApart  = errors.New("keys of another server")
	errOlder  = errors.New("keys older than the snapshot")
	errNoList = errors.New("no list of what was erased")
	errDamage = errors.New("damaged database")
)

// Open unseals a snapshot and the keys into a folder and checks that they are whole and belong
// together. It gives the manifest of the snapshot.
func Open(ctx context.Context, from, keys string, key Key, into string) (Manifest, error) {
	book, err := unseal(ctx, from, key, Book, into)
	if err != nil {
		return book, missing(from, err)
	}
	other, err := unseal(ctx, keys, key, Keys, into)
	if err != nil {
		return book, missing(keys, err)
	}
	switch _, listed := other.Files[erasedFile]; {
	case other.Server != book.Server:
		return book, failed(errApart, "Tệp khóa %s là của một máy chủ khác; hãy dùng tệp %s nằm cùng nơi với bản sao lưu.", keys, KeysBackup)
	case other.Keys < book.Keys:
		return book, failed(errOlder, "Tệp khóa %s cũ hơn bản sao lưu nên không mở được hết; hãy dùng tệp %s mới nhất, nằm cùng nơi với bản sao lưu.", keys, KeysBackup)
	case !listed:
		return book, failed(errNoList, "Tệp khóa %s thiếu danh sách hộ đã xóa nên không khôi phục, để hộ đã xóa không quay lại; hãy dùng tệp %s khác.", keys, KeysBackup)
	}
	for _, name := range []string{sqlite.ServerFile, sqlite.KeysFile, masterFile} {
		path := filepath.Join(into, name)
		if _, err := os.Stat(path); err != nil {
			return book, failed(err, "Bản sao lưu thiếu %s; hãy dùng một bản sao lưu khác.", name)
		}
		if name == masterFile {
			continue
		}
		found, err := sqlite.Damage(ctx, path)
		if err == nil && len(found) > 0 {
			err = errDamage
		}
		if err != nil && ctx.Err() == nil {
			return book, failed(err, "Dữ liệu trong bản sao lưu bị hỏng từ trước khi sao lưu; hãy dùng một bản sao lưu cũ hơn.")
		} else if err != nil {
			return book, ctx.Err()
		}
	}
	return book, nil
}

func missing(path string, err error) error {
	switch {
	case spoken(err):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return failed(err, "Không có tệp %s; hãy xem lại đường dẫn và ổ đĩa sao lưu.", path)
	}
	return failed(err, "Không đọc được tệp %s; hãy xem lại ổ đĩa và quyền đọc (chi tiết: %v).", path, err)
}
