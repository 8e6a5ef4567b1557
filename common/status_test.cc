#include "common/status.h"

#include <gtest/gtest.h>
