#pragma once
// zlib's initialisers are macros, which Swift does not import. No logic here.
#include <zlib.h>

// Negative: deflate alone, without a head and a checksum of zlib's (zlib.h, deflateInit2).
#define SIGNALBOX_RAW_WINDOW (-15)

static inline int signalbox_deflate_init(z_stream *stream, int level) {
  return deflateInit2(
      stream, level, Z_DEFLATED, SIGNALBOX_RAW_WINDOW, 8, Z_DEFAULT_STRATEGY);
}

static inline int signalbox_inflate_init(z_stream *stream) {
  return inflateInit2(stream, SIGNALBOX_RAW_WINDOW);
}
