#include "common/platform_env.h"

#include <gtest/gtest.h>
