#include "CToml.h"

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#if !__has_include(<toml++/toml.h>)
#error "toml++ is missing: run make dependencies, or install libtomlplusplus-dev"
#endif

namespace {

/// A state that the parser takes for impossible; some malformed documents lead to one.
struct Impossible : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] void impossible(const char *what) {
  throw Impossible(std::string("the parser gave up: ") + what);
}

}  // namespace

// Assertions are checked in every build, and are exceptions: without them the parser would end the
// program, or go on with what it must not have.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : impossible(#condition))
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

struct signalbox_toml {
  toml::table root;
  std::vector<signalbox_toml_value> values;
  std::string words;
  signalbox_toml_mistake mistake = {nullptr, 0, 0};

  void read(std::string_view bytes);

 private:
  void add(const toml::node &node, const toml::key *key);
  void refuse(const char *what, toml::source_position place);
};

void signalbox_toml::add(const toml::node &node, const toml::key *key) {
  signalbox_toml_value value = {};
  value.line = (key ? key->source() : node.source()).begin.line;
  if (key) {
    value.key = key->str().data();
    value.key_length = key->str().size();
  }
  if (const auto *text = node.as_string()) {
    value.kind = SIGNALBOX_TOML_TEXT;
    value.text = text->get().data();
    value.text_length = text->get().size();
  } else if (const auto *integer = node.as_integer()) {
    value.kind = SIGNALBOX_TOML_INTEGER;
    value.integer = integer->get();
  } else if (const auto *number = node.as_floating_point()) {
    value.kind = SIGNALBOX_TOML_FLOAT;
    value.number = number->get();
  } else if (const auto *truth = node.as_boolean()) {
    value.kind = SIGNALBOX_TOML_BOOLEAN;
    value.integer = truth->get();
  } else if (const auto *table = node.as_table()) {
    value.kind = SIGNALBOX_TOML_TABLE;
    value.count = table->size();
    values.push_back(value);
    for (const auto &entry : *table) add(entry.second, &entry.first);
    return;
  } else if (const auto *array = node.as_array()) {
    value.kind = SIGNALBOX_TOML_ARRAY;
    value.count = array->size();
    values.push_back(value);
    for (const auto &element : *array) add(element, nullptr);
    return;
  } else {
    value.kind = SIGNALBOX_TOML_MOMENT;
  }
  values.push_back(value);
}

void signalbox_toml::refuse(const char *what, toml::source_position place) {
  values.clear();
  words = what;
  mistake = {words.c_str(), place.line, place.column};
}

void signalbox_toml::read(std::string_view bytes) {
  try {
    root = toml::parse(bytes);
    add(root, nullptr);
  } catch (const toml::parse_error &problem) {
    refuse(problem.what(), problem.source().begin);
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &problem) {
    refuse(problem.what(), {});
  }
}

struct signalbox_toml *signalbox_toml_read(const char *bytes, size_t length) {
  signalbox_toml *document = nullptr;
  try {
    document = new signalbox_toml;
    document->read({bytes, length});
    return document;
  } catch (...) {
    delete document;
    return nullptr;
  }
}

const struct signalbox_toml_mistake *signalbox_toml_error(const struct signalbox_toml *document) {
  return document->mistake.text ? &document->mistake : nullptr;
}

const struct signalbox_toml_value *signalbox_toml_values(
    const struct signalbox_toml *document, size_t *count) {
  *count = document->values.size();
  return document->values.data();
}

void signalbox_toml_free(struct signalbox_toml *document) { delete document; }
