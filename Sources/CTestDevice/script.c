#include "script.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum script_action action;
} actions[] = {
    { "xrun", STEP_XRUN },
    { "suspend", STEP_SUSPEND },
    { "eio", STEP_IO_ERROR },
    { "ebadfd", STEP_BAD_STATE },
    { "unplug", STEP_UNPLUG },
    { "stall", STEP_STALL },
    { "hang", STEP_HANG },
    { "ppm", STEP_DRIFT },
};

/// Reads "name@frame[:argument]" and moves `text` behind it.
static int parse_step(struct script_step *step, const char **text)
{
    size_t length = strcspn(*text, "@");
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strlen(actions[i].name) != length || strncmp(*text, actions[i].name, length) != 0)
            continue;
        const char *number = *text + length;
        if (*number++ != '@')
            return -EINVAL;
        char *end;
        step->action = actions[i].action;
        step->argument = 0;
        step->frame = strtoll(number, &end, 10);
        if (end == number || step->frame < 0)
            return -EINVAL;
        if (*end == ':') {
            number = end + 1;
            step->argument = strtod(number, &end);
            if (end == number)
                return -EINVAL;
        }
        *text = end;
        return 0;
    }
    return -EINVAL;
}

int script_parse(struct script *script, const char *text)
{
    script->count = 0;
    if (text == NULL)
        return 0;
    for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
        struct script_step *step = &script->steps[script->count];
        if (script->count == SCRIPT_STEPS_MAX || parse_step(step, &text) < 0)
            return -EINVAL;
        if (*text != '\0' && *text != ',' && *text != ' ')
            return -EINVAL;
        if (script->count > 0 && step->frame < step[-1].frame)
            return -EINVAL;
        script->count++;
    }
    return 0;
}
