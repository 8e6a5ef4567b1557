#include "common/names.h"

#include <gtest/gtest.h>
