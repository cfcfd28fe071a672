#pragma once
// TOML for Swift: toml++ (Debian's libtomlplusplus-dev, headers only) behind plain C. No exception
// and no failed assertion of the parser leaves these functions, whatever the bytes are; but keys
// of thousands of parts are for the caller to refuse: their tables are freed by recursion.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a value is.
enum signalbox_toml_kind {
  SIGNALBOX_TOML_TABLE,
  SIGNALBOX_TOML_ARRAY,
  SIGNALBOX_TOML_TEXT,
  SIGNALBOX_TOML_INTEGER,
  SIGNALBOX_TOML_FLOAT,
  SIGNALBOX_TOML_BOOLEAN,
  SIGNALBOX_TOML_MOMENT  // a date, a time or both
};

/// A value of a document. Texts are UTF-8, of the given length, and may have NUL in them.
struct signalbox_toml_value {
  enum signalbox_toml_kind kind;
  uint32_t line;      // of its key, or of itself where it has none; counted from 1
  const char *key;    // NULL in arrays
  size_t key_length;
  const char *text;   // NULL but for texts
  size_t text_length;
  size_t count;       // tables and arrays: how many values are in it, and follow
  int64_t integer;    // integers; booleans: 1 is true
  double number;      // floats
};

/// Where and why bytes are no TOML; line and column are 0 where the parser does not say.
struct signalbox_toml_mistake {
  const char *text;
  uint32_t line;
  uint32_t column;
};

/// A document, or what is wrong with it.
struct signalbox_toml;

/// Reads TOML. NULL where there is no memory; otherwise to be freed.
struct signalbox_toml *signalbox_toml_read(const char *bytes, size_t length);

/// What is wrong with the document; NULL where nothing is.
const struct signalbox_toml_mistake *signalbox_toml_error(const struct signalbox_toml *document);

/// The values of a document, the root table first, each before what it contains; as long as the
/// document is not freed. None where something is wrong with it.
const struct signalbox_toml_value *signalbox_toml_values(
    const struct signalbox_toml *document, size_t *count);

/// Frees a document, its values and texts.
void signalbox_toml_free(struct signalbox_toml *document);

#ifdef __cplusplus
}
#endif
