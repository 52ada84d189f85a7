#include "CALSA.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 256 };

static _Thread_local char message[MESSAGE_BYTES];
static pthread_once_t installed = PTHREAD_ONCE_INIT;

// libasound reports one failure several times, from the cause outwards: the first line names the cause.
static void keep(const char *file, int line, const char *function, int err, const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)err;
    if (message[0] != 0) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
}

static void install(void) { snd_lib_error_set_handler(keep); }

void calsa_keep_messages(void) { pthread_once(&installed, install); }

const char *calsa_last_message(void) { return message; }

void calsa_forget_message(void) { message[0] = 0; }
