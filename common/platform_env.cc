#include "common/platform_env.h"
