/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MODEL_PRIVATE_H
#define ICGW_MODEL_PRIVATE_H

/* How model.c, model_add.c and model_finish.c keep a model. */

#include <uthash.h>

#include "lflow.h"
#include "model.h"

/* Hash table entries: a key and what it stands for. */
struct model_entry {
    char *name;
    void *data;
    UT_hash_handle hh;
};

struct model_port_group {
    char **ports; /* sorted */
    size_t n;
};

struct model {
    char *self;
    struct lflow_cache *cache;
    struct model_entry *chassis;      /* name -> struct model_chassis */
    struct model_entry *datapaths;    /* uuid -> struct model_datapath */
    struct model_entry *ports;        /* name -> struct model_port */
    struct model_entry *address_sets; /* name -> struct model_address_set */
    struct model_entry *port_groups;  /* name -> struct model_port_group */
    struct model_chassis **chassis_list;
    size_t n_chassis;
    struct model_datapath **datapath_list; /* sorted by key once finished */
    size_t n_datapaths;
    uint64_t fingerprint; /* of chassis, encaps and sets */
    struct lflow **lflows;
    size_t n_lflows;
};

/* Memory exhaustion ends the control thread: there is no way to go on. */
void *model_alloc(size_t);
char *model_copy(const char *);
/* Grows an array by one element and returns the (zeroed) new one. */
void *model_grow(void *array_pointer, size_t *n, size_t element);

void *model_entry_find(struct model_entry *const *, const char *name);
bool model_entry_add(struct model_entry **, const char *name, void *data);

/* Orders flows of the same stage and priority. */
int model_compare_tied(const struct lflow_code *, const struct lflow_code *);

/* The last step of model_finish(). */
void model_take_fingerprints(struct model *);

bool model_parse_ip(const char *text, struct icgw_addr *, bool *v6);
bool model_parse_mac(const char *text, uint8_t mac[6]);

#endif
