/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MODEL_PRIVATE_H
#define ICGW_MODEL_PRIVATE_H

/* How model.c, model_add.c and model_finish.c keep a model. */

#include <uthash.h>

#include "lflow.h"
#include "model.h"
#include "model_log.h"

/* Hash table entries: a key and what it stands for. */
struct model_entry {
    char *name;
    void *data;
    UT_hash_handle hh;
};

/* A port's name, known as long as there is the port or another port whose peer it
 * is to be. */
struct model_port_name {
    char *name;
    struct model_port *port; /* NULL: there is none */
    struct model_port **wanted_by;
    size_t n_wanted;
    UT_hash_handle hh;
};

struct model_port_group {
    char **ports; /* sorted */
    size_t n;
    uint64_t fingerprint;
};

/* One of them per address. */
struct model_owner {
    struct icgw_addr ip;
    const struct model_chassis *chassis;
};

/* What has changed, oldest first. */
struct model_log {
    uint64_t versions[MODEL_LOG_MAX]; /* of the model with that change */
    uint64_t tokens[MODEL_LOG_MAX];
    size_t n;
    uint64_t from; /* all changes since that version are here */
};

#define MODEL_STAGE_NAME 48 /* bytes; longer names are cut short */

struct model {
    char *self;
    struct lflow_cache *cache;
    struct model_entry *chassis;   /* name -> struct model_chassis */
    struct model_entry *datapaths; /* uuid -> struct model_datapath */
    struct model_port_name *ports;
    struct model_entry *address_sets; /* name -> struct model_address_set */
    struct model_entry *port_groups;  /* name -> struct model_port_group */
    char stage_names[2][2][MODEL_MAX_TABLES][MODEL_STAGE_NAME]; /* by router, pipeline */
    struct model_chassis **chassis_list;
    size_t n_chassis;
    struct model_owner *owners; /* sorted by address once finished */
    size_t n_owners;
    struct model_datapath **datapath_list; /* sorted by key once finished */
    size_t n_datapaths;
    struct model_datapath **by_key; /* hash table, open addressing */
    uint32_t by_key_mask;
    uint64_t fingerprint; /* of chassis and encaps */
    uint64_t version;
    uint64_t id; /* see model_id() */
    struct model_log log;
    struct lflow *lflows;   /* by uuid; not all have one, and not always one of their own */
    struct lflow **removed; /* still in stages */
    size_t n_removed;
    struct model_datapath **changed; /* to be finished */
    size_t n_changed;
    uint64_t n_asked;     /* lists of datapaths looked up */
    bool unsorted;        /* datapath_list */
    bool chassis_changed; /* since finished */
    bool others_changed;  /* sets and the list of datapaths, likewise */
};

/* Memory exhaustion ends the control thread: there is no way to go on. */
void *model_alloc(size_t);
char *model_copy(const char *);
/* Grows an array by one element and returns the (zeroed) new one. */
void *model_grow(void *array_pointer, size_t *n, size_t element);

void *model_entry_find(struct model_entry *const *, const char *name);
bool model_entry_add(struct model_entry **, const char *name, void *data);
/* The data of the entry, which is no longer there; NULL: there was none. */
void *model_entry_remove(struct model_entry **, const char *name);

/* Orders flows of the same stage and priority. */
int model_compare_tied(const struct lflow_code *, const struct lflow_code *);

/* model_names.c.  Adding a port to the names, or taking it out, lets those who
 * want it as a peer know. */
bool model_names_add(struct model *, struct model_port *);
void model_names_remove(struct model *, struct model_port *);
void model_names_free(struct model *);

/* model_owners.c */
void model_list_owners(struct model *);

/* Writes down that what has this token is not as it was, or that nothing is. */
void model_note(struct model *, uint64_t token);
void model_note_everything(struct model *);

/* To be finished. */
void model_touch(struct model *, struct model_datapath *);
void model_sort_datapaths(struct model *);
/* After the list has changed. */
void model_index_datapaths(struct model *);

/* Ends of rows. */
void model_port_free(struct model_port *);
void model_chassis_free(void *);
void model_datapath_free(void *);
void model_address_set_free(void *);
void model_port_group_free(void *);
void model_lflow_free(struct model *, struct lflow *);
void model_entries_free(struct model_entry **, void (*free_data)(void *));

/* model_fingerprint.c */
uint64_t model_flow_fingerprint(const struct lflow *);
uint64_t model_names_fingerprint(const struct model_datapath *);
void model_fingerprint_datapath(struct model_datapath *);
void model_fingerprint_chassis(struct model *);
uint64_t model_fingerprint_address_set(const struct model_address_set *);
uint64_t model_fingerprint_port_group(const struct model_port_group *);

bool model_parse_ip(const char *text, struct icgw_addr *, bool *v6);
bool model_parse_mac(const char *text, uint8_t mac[6]);

#endif
