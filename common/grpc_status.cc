#include "common/grpc_status.h"
