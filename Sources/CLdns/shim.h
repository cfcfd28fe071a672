#pragma once
// ldns's flags and a few accessors are macros with casts, which Swift does not import. No logic
// here.
#include <ldns/ldns.h>
#include <stdlib.h>

static inline uint16_t signalbox_dns_flag_recursion_desired(void) { return LDNS_RD; }

static inline uint8_t *signalbox_rdf_bytes(const ldns_rdf *rdf) { return ldns_rdf_data(rdf); }

static inline void signalbox_dns_free(void *pointer) { free(pointer); }
