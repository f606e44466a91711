/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_GATEWAY_WILL_H
#define ICGW_GATEWAY_WILL_H

/* The last will of the gateway (will.h) and the ports that it can leave by:
 * those whose device is an interface of the kernel's, too.  Control thread only. */

struct gateway;

/* Before there are threads.  A gateway without a will works all the same. */
void gateway_will_start(struct gateway *);
/* After the ports have started. */
void gateway_will_add_ports(struct gateway *);

#endif
