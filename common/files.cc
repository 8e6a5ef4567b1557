#include "common/files.h"
