#include "CTestDevice.h"
