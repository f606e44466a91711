/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_FILTER_H
#define ICGW_FILTER_H

/* Filters of pcap-filter(7), for frames as they are on the wire: `geneve and host
 * 10.0.1.10` looks inside the tunnel.  Control thread only. */

#include <stdbool.h>

#define FILTER_MAX_TEXT 512  /* what people type */
#define FILTER_MAX_STEPS 512 /* instructions: what one frame may cost a worker */

struct bpf_insn;
struct filter;

/* NULL, with *error (malloc'ed): no filter, or one that is too long. */
struct filter *filter_compile(const char *text, char **error);
void filter_free(struct filter *);
const struct bpf_insn *filter_program(const struct filter *);

#endif
