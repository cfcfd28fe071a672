#pragma once
// libcurl's setters and getters are variadic, which Swift cannot call: one typed wrapper for each
// kind of argument. No logic here.
#include <curl/curl.h>

static inline CURLcode signalbox_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode signalbox_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

/// libcurl copies the text, except for CURLOPT_POSTFIELDS.
static inline CURLcode signalbox_easy_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode signalbox_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode signalbox_easy_set_list(
    CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode signalbox_easy_set_receiver(
    CURL *easy, CURLoption option, size_t (*receive)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(easy, option, receive);
}

/// For CURLOPT_PREREQFUNCTION.
static inline CURLcode signalbox_easy_set_before_request(
    CURL *easy, int (*before)(void *, char *, char *, int, int)) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before);
}

static inline CURLcode signalbox_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode signalbox_easy_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

/// The text belongs to the handle.
static inline CURLcode signalbox_easy_get_text(CURL *easy, CURLINFO info, const char **value) {
  return curl_easy_getinfo(easy, info, (char **)value);
}

/// The certificates belong to the handle.
static inline CURLcode signalbox_easy_get_certificates(
    CURL *easy, const struct curl_certinfo **value) {
  return curl_easy_getinfo(easy, CURLINFO_CERTINFO, (struct curl_certinfo **)value);
}

static inline CURLMcode signalbox_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
