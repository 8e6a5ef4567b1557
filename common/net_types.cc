#include "common/net_types.h"
