/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "pmd.h"

void pmd_note(struct pmd_port *port, bool warning, const char *format, ...)
{
    struct icgw_pmd_note *note = &port->notes[port->n_notes];
    va_list args;

    if (port->n_notes == PMD_MAX_NOTES) {
        return;
    }
    va_start(args, format);
    vsnprintf(note->text, sizeof note->text, format, args);
    va_end(args);
    note->warning = warning;
    port->n_notes++;
}
