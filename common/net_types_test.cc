#include "common/net_types.h"

#include <gtest/gtest.h>
