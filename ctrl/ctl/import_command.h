/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ICGW_CTL_IMPORT_COMMAND_H
#define ICGW_CTL_IMPORT_COMMAND_H

/* `import WHAT [FILE]`: writes a configuration file to the standard output, and
 * what is still missing to the standard error.  Returns the exit status. */
int import_command(int argc, char *argv[]);

#endif
