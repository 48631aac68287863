/* inputs.c - the call that tfxc bench and tune measure: as written, or random at the sizes that are given, otherwise the largest. */
#include <stdlib.h>
#include <string.h>
#include "compiler/driver/driver.h"

enum { TRIES = 12 };

/* Sizes as given, otherwise the largest; inputs random until they are accepted. */
static int random_inputs(const Options *o, Ctx *ctx, const Module *m, Host *h, int entry, CallValues *to)
{
    int status = -1;
    for (uint64_t k = 0; k < TRIES && status; k++) {
        values_random(ctx->perm, m, entry, o->seed + k, to);
        host_reset(h);
        if ((status = host_call(h, entry, to->dims, to->in, to->out)) < 0) return EXIT_INPUT;
    }
    if (!status) return 0;
    fprintf(stderr, "tfxc: %s: no random input is accepted (%s); give inputs\n", m->entries.at[entry]->name, status_text(status));
    return EXIT_INPUT;
}

/* "T=5": a size of the entry and nothing else. */
static int sizes_only(const Entry *e, const CallSpec *spec, CallValues *to)
{
    for (int k = 0; k < e->dims.n; k++) to->dims[k] = e->dims.at[k]->hi;
    for (int j = 0; spec && j < spec->args.n; j++) {
        const char *a = spec->args.at[j], *eq = strchr(a, '=');
        int at = -1;
        for (int k = 0; k < e->dims.n && eq; k++)
            if (strlen(e->dims.at[k]->name) == (size_t)(eq - a) && !strncmp(a, e->dims.at[k]->name, (size_t)(eq - a))) at = k;
        if (at < 0) return 0;
        char *end;
        long long v = strtoll(eq + 1, &end, 10);
        if (*end || end == eq + 1 || v < e->dims.at[at]->lo || v > e->dims.at[at]->hi) return 0;
        to->dims[at] = v;
    }
    return 1;
}

int bench_inputs(const Options *o, Ctx *ctx, const Module *m, Host *h, CallValues *to)
{
    const CallSpec *spec = o->calls.n ? o->calls.at[0] : NULL;
    int entry = 0, known = !spec || !spec->entry;
    if (o->calls.n > 1) return usage("%s takes one call", o->verb == VERB_tune ? "tune" : "bench");
    for (int k = 0; k < m->entries.n && !known; k++)
        if (!strcmp(m->entries.at[k]->name, spec->entry)) { entry = k; known = 1; }
    if (!known) return usage("there is no entry %s", spec->entry);
    const Entry *e = m->entries.at[entry];
    if (e->dims.n > MAX_DIMS) return usage("entry %s has too many sizes", e->name);
    if (!sizes_only(e, spec, to)) return values_read(ctx, m, spec, NULL, to);
    to->index = entry;
    to->e = e;
    return random_inputs(o, ctx, m, h, entry, to);
}
