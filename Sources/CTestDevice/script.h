// Faults at exact frames: "xrun@4000,suspend@8001,ppm@9600:1000,unplug@16000:500".
//
// A frame is counted from the device's last reset, in frames the hardware pointer of one direction has
// passed, over all handles and restarts; a step happens once.
#pragma once

#include <stdint.h>

enum script_action {
    STEP_XRUN,
    STEP_SUSPEND,
    STEP_IO_ERROR,
    STEP_BAD_STATE,
    /// The argument is the time in milliseconds after which the device is back; 0: never.
    STEP_UNPLUG,
    STEP_STALL,
    STEP_HANG,
    /// The argument is the clock's error in parts per million.
    STEP_DRIFT,
};

struct script_step {
    int64_t frame;
    enum script_action action;
    double argument;
};

enum { SCRIPT_STEPS_MAX = 64 };

struct script {
    struct script_step steps[SCRIPT_STEPS_MAX];
    unsigned count;
};

#pragma GCC visibility push(hidden)

/// Reads `text`; NULL is an empty script. -EINVAL for anything it does not understand, and for steps that
/// are not in the order of their frames.
int script_parse(struct script *script, const char *text);

#pragma GCC visibility pop
