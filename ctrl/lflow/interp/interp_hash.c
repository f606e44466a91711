/* SPDX-License-Identifier: Apache-2.0 */
#include "interp_private.h"

/* With the same hash, a router behind another one would use only those of its routes
 * whose turn it is at the first (the finaliser of MurmurHash3, public domain). */
uint32_t interp_rehash(uint32_t hash, unsigned int times)
{
    hash += times * 0x9e3779b9u;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}
