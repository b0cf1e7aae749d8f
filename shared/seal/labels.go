package seal

// EKMLabel is the exporter label of RFC 8446 section 7.5 under which both ends
// of the TLS connection derive the keying material that an enrolment proof is
// bound to.
const EKMLabel = "EXPORTER-sodanvan-enrol-v1"

// Labels of domain separation, one a purpose. Never reuse one.
const (
	labelCodeKey  = "sodanvan/enrol/code-key/v1"
	labelProof    = "sodanvan/enrol/proof/v1"
	labelOpsHash  = "sodanvan/device/ops-hash/v1"
	labelOps      = "sodanvan/device/ops/v1"
	labelReclaim  = "sodanvan/device/reclaim/v1"
	labelToken    = "sodanvan/token/v1"
	labelMoved    = "sodanvan/server/moved/v1"
	labelBody     = "sodanvan/body/v1"
	labelRowKey   = "sodanvan/book/row-key/v1"
	labelMaster   = "sodanvan/server/row-key/v1"
	labelPIN      = "sodanvan/book/pin/v1"
	labelDevCheck = "sodanvan/book/device-secret-check/v1"
	labelWrapSum  = "sodanvan/book/wrapped-sum/v1"
	labelRecovery = "sodanvan/recovery/book/v1"
	labelWork     = "sodanvan/recovery/handed-over/v1"
)
