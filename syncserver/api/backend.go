package api

import (
	"context"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
)

// Registry is what this package needs of the registry. Every error that is to reach a phone
// is a *registry.Problem; another one becomes "internal" and goes to the log.
type Registry interface {
	// Authenticate looks a bearer token up. For a revoked device it returns the caller
	// together with a Problem of PROBLEM_CODE_TOKEN_REVOKED, because a revoked phone may
	// still hand over its sealed work.
	Authenticate(ctx context.Context, token string) (registry.Caller, error)

	Sync(context.Context, registry.Caller, *pb.SyncRequest) (*pb.SyncResponse, error)
	History(context.Context, registry.Caller, *pb.HistoryRequest) (*pb.HistoryResponse, error)

	Challenge(context.Context, registry.Channel, *pb.ChallengeRequest) (*pb.ChallengeResponse, error)
	Join(context.Context, registry.Channel, *pb.JoinRequest) (*pb.JoinResponse, error)
	Recover(context.Context, registry.Channel, *pb.RecoverRequest) (*pb.RecoverResponse, error)
	ReclaimToken(context.Context, registry.Channel, *pb.ReclaimTokenRequest) (*pb.ReclaimTokenResponse, error)

	IssueCode(context.Context, registry.Caller, *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error)
	ListDevices(context.Context, registry.Caller, *pb.ListDevicesRequest) (*pb.ListDevicesResponse, error)
	RevokeDevice(context.Context, registry.Caller, *pb.RevokeDeviceRequest) (*pb.RevokeDeviceResponse, error)
	ConfirmDevice(context.Context, registry.Caller, *pb.ConfirmDeviceRequest) (*pb.ConfirmDeviceResponse, error)
	RotateToken(context.Context, registry.Caller, *pb.RotateTokenRequest) (*pb.RotateTokenResponse, error)
	HandOverWork(context.Context, registry.Caller, *pb.HandOverWorkRequest) (*pb.HandOverWorkResponse, error)
}
