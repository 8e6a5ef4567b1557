#include "common/sqlite_store.h"
