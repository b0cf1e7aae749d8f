# Two commands: make demo shows the product, make test proves it. Both set the machine up.
.PHONY: setup gen check unit race demo demo-script test bench fuzz

setup:
	@scripts/setup

# Generated code from the contract; commit what it writes.
gen:
	go tool -modfile=tools/buf.mod buf format -w
	go tool -modfile=tools/buf.mod buf lint
	go tool -modfile=tools/buf.mod buf generate

check: setup
	scripts/check

unit: setup
	go test ./...

race: setup
	CGO_ENABLED=1 go test -race -skip Import ./shared/... ./app/... ./syncserver/...

# Door → phone → server → secretary → phone, with real processes; ends with an
# independent check of everything that was shown.
demo-script: setup
	go run ./test/demo

demo: demo-script

test: check unit race demo-script

# Push and pull of 10,000 rows beside a floor, bytes a row, a new phone; about two minutes.
bench: setup
	go test ./test/bench -run '^$$' -bench Sync -benchtime 1x

# Every fuzz target for FUZZTIME each.
FUZZTIME ?= 15s
fuzz: setup
	scripts/fuzz $(FUZZTIME)
