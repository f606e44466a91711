/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_MODEL_FILE_H
#define ICGW_MODEL_FILE_H

/* A model as text and back: one row per line, the fields of the functions that
 * add rows apart by tabs.  Control thread only. */

#include <stdbool.h>
#include <stdio.h>

struct model;

/* A finished model.  Where IC-SB has said where ports are, that is in it.
 * False: the stream did not take it all. */
bool model_save(const struct model *, FILE *);

/* Adds the rows to an empty model.  Destroys the text.  False: the text is not
 * one that model_save() writes; the model is of no use then. */
bool model_load(struct model *, char *text);

#endif
