# Two commands: make demo shows the product, make test proves it. Both set the machine up.
.PHONY: simulate setup gen check unit race window screenshots android-gate apk demo demo-script test bench bench-peers bench-district fuzz kills weather mutants

# The app's tags: its own threads are Fyne's (fyneDo), and pictures do not depend on the
# machine's fonts (ci).
TAGS = migrated_fynedo,ci

setup:
	@scripts/setup

# Generated code from the contract; commit what it writes.
gen:
	go tool -modfile=tools/buf.mod buf format -w
	go tool -modfile=tools/buf.mod buf lint
	go tool -modfile=tools/buf.mod buf generate

check: setup
	scripts/check $(TAGS)

# All tests on the desk's driver, golden images included; 2,000 seeds of the simulation, kills,
# the bad line and the drill of a lost server are among them. The screens once more as on a phone.
unit: setup
	go test -timeout 30m -tags $(TAGS) $$(go list -tags $(TAGS) ./... | grep -v '/test/window$$')
	go test -tags $(TAGS),mobile ./app/ui/...

race: setup
	CGO_ENABLED=1 go test -race -timeout 30m -tags $(TAGS) -skip Import ./shared/... ./app/... ./syncserver/...

# The real app in real windows under Xvfb, driven by hand (xdotool), against the real
# server; pictures of every screen stay in build/screenshots.
window: setup
	go test -tags $(TAGS) -count=1 -timeout 30m ./test/window

screenshots: window
	@ls build/screenshots

# The app for Android with Debian packages alone, and proof that its checks refuse. Not a release.
android-gate: setup
	scripts/android/gate
	scripts/android/prove

# What members install: needs ANDROID_NDK_HOME, KEYSTORE, KEY_ALIAS, KEYSTORE_PASS; scripts/android/README.md.
apk: setup
	scripts/android/apk

# Door → phone → server → secretary → phone, with real processes; ends with an independent
# check of everything that was shown, then with both books in windows side by side.
demo: setup
	go run ./test/demo

# The same where nobody sits: the windows are on a display of the demo's own.
demo-script: setup
	env -u DISPLAY -u WAYLAND_DISPLAY go run ./test/demo

test: check unit race window android-gate demo-script fuzz

# Push and pull of 10,000 rows beside a floor, bytes a row, a new phone; start, scrolling
# and memory of the app.
bench: setup
	go test ./test/bench -run '^$$' -bench Sync -benchtime 1x
	go test ./app/notebook -run '^$$' -bench 'Open|Keystroke|ListAfterSave|ReviewQueue' -benchtime 3x
	go test -tags $(TAGS) ./app/ui/household -run '^$$' -bench Scroll
	go test -tags $(TAGS) ./test/window -run '^$$' -bench Window -benchtime 1x -timeout 30m

# The same 10,000 rows through PouchDB and express-pouchdb, in turn with ours. Installs them,
# and node where it is missing; nothing else needs node.
bench-peers: setup
	scripts/peers/install
	go test ./test/bench -run '^$$' -bench Peers -benchtime 1x -timeout 30m

# First syncs of a district's phones on this machine, and a large commune's morning. A trial:
# make bench-district PHONES=300 RUSH=40.
PHONES ?= 10000
RUSH ?= 566
bench-district: setup
	PHONES=$(PHONES) RUSH=$(RUSH) go test ./test/bench -run '^$$' -bench District -benchtime 1x -timeout 60m

# Every fuzz target for FUZZTIME each, two at a time.
FUZZTIME ?= 15s
fuzz: setup
	TAGS=$(TAGS) scripts/fuzz $(FUZZTIME)

# kill -9 of the server under load and of the app while it writes, KILLS times each. Other
# moments: make kills KILLS_SEED=2.
KILLS ?= 200
KILLS_SEED ?= 1
kills: setup
	KILLS=$(KILLS) KILLS_SEED=$(KILLS_SEED) go test ./test/kills -count=1 -v -timeout 30m

# A day's work and a new phone's first sync over a bad line; says round trips, bytes, seconds.
weather: setup
	go test ./test/weather -count=1 -v -run 'Hamlet|Dies'

# Breaks the sync on purpose, one promise at a time: each breakage has tests that must notice.
mutants: setup
	go run ./test/mutants

# Whole towns under faults from a seed, so many of them: make simulate SEEDS=100000.
SEEDS ?= 2000
simulate: setup
	SEEDS=$(SEEDS) go test -count=1 -timeout 0 -v -run Seeds ./test/simulation
