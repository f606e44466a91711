/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOFT_NIC_FLOW_H
#define SOFT_NIC_FLOW_H

/* Rules of the software NIC.  Inside soft_nic*.c only. */

#include <stdbool.h>
#include <stdint.h>

void soft_nic_flow_reset(void);
/* The queue that a rule sends the frame to; false: none does. */
bool soft_nic_flow_steer(const uint8_t *frame, uint16_t len, uint16_t *queue);
/* RTE_ETH_RSS_* flags; level 1: outer headers, 2: inner. */
uint32_t soft_nic_hash(const uint8_t *frame, uint16_t len, uint64_t types, uint32_t level);

#endif
