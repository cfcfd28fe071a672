#pragma once
// sd_journal_sendv takes its source location from macros unless that is suppressed: the log handler
// sends the location of the log call. No logic here.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
