/* SPDX-License-Identifier: Apache-2.0 */
#include "icgw_account.h"

#include "map.h"

/* At most a quarter full; what finds no account finds an empty slot. */
#define SLOTS (4 * ICGW_ACCOUNTS)

/* Control thread only.  Not memory of the EAL: it outlives tables and workers. */
static struct icgw_account accounts[ICGW_ACCOUNTS];
static uint16_t n_accounts = 1;
static uint16_t slots[SLOTS]; /* numbers by hash; 0: empty */

uint16_t icgw_account(enum icgw_account_kind kind, const struct icgw_addr *peer, uint32_t datapath)
{
    struct icgw_account account = {.datapath = datapath, .kind = kind};
    uint64_t key[sizeof account / sizeof(uint64_t)];
    uint32_t i;

    if (peer != NULL) {
        account.peer = *peer;
    }
    memcpy(key, &account, sizeof key);
    for (i = icgw_map_hash(key, RTE_DIM(key)) % SLOTS; slots[i] != 0; i = (i + 1) % SLOTS) {
        if (memcmp(&accounts[slots[i]], &account, sizeof account) == 0) {
            return slots[i];
        }
    }
    if (n_accounts == ICGW_ACCOUNTS) {
        return 0;
    }
    accounts[n_accounts] = account;
    slots[i] = n_accounts;
    return n_accounts++;
}

uint16_t icgw_accounts(void)
{
    return n_accounts;
}

const struct icgw_account *icgw_account_at(uint16_t number)
{
    return &accounts[number % ICGW_ACCOUNTS];
}
