#include "common/sqlite_store.h"

#include <gtest/gtest.h>
