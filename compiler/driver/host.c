/* host.c - the emitted program on this machine: written into a folder of its own, compiled by $CC (cc) with $CFLAGS
 * (-O2), loaded, called through libffi. Takes a plan, gives functions from values to values. Every output lies between
 * guards, so that a write outside of it is seen. The folder is removed as soon as the program is loaded. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "compiler/driver/driver.h"
#ifdef HAVE_FFI
#include <ffi.h>

enum { GUARD = 64, GUARD_BYTE = 0xA5, MAX_ARGS = 128, WORK_LEAST = 64, ALIGN = 64 };

struct Host { Ctx *ctx; const Plan *p; double seconds; void *lib, **entry; void (*reset)(void *), (*begin)(void); unsigned char *work, *state; };

static int spoken(Ctx *ctx, const char *what, const char *detail)
{
    diag_flush(&ctx->diag);
    fprintf(stderr, "tfxc: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    return 0;
}

static void clean(Arena *a, const char *dir)
{
    static const char *const names[] = {"m.c", "m.h", "m.bin", "m.so", "more.c"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) unlink(arena_printf(a, "%s/%s", dir, names[k]));
    rmdir(dir);
}

/* $CC and $CFLAGS are words for the shell, as make has them; the folder is not. */
static int compile(Ctx *ctx, const char *dir, const char *flags)
{
    const char *script = "exec ${CC:-cc} ${CFLAGS--O2} $2 $3 -I\"$1\" -shared -fPIC -o \"$1/m.so\" \"$1\"/m*.c";
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) return spoken(ctx, "cannot start a process", strerror(errno));
    if (!child) {
        execl("/bin/sh", "sh", "-c", script, "sh", dir, ctx->target ? ctx->target->flags : "", flags, (char *)NULL);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && !WEXITSTATUS(status)) return 1;
    const char *cc = getenv("CC");
    return spoken(ctx, WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "there is no C compiler (set CC)" : "the C compiler failed", cc && *cc ? cc : "cc");
}

static int load(Host *h, const char *dir)
{
    Arena *a = h->ctx->perm;
    h->lib = dlopen(arena_printf(a, "%s/m.so", dir), RTLD_NOW | RTLD_LOCAL);
    if (!h->lib) return spoken(h->ctx, "cannot load the compiled model", dlerror());
    h->entry = NEWN(a, void *, h->p->entries.n + 1);
    for (int k = 0; k < h->p->entries.n; k++) {
        h->entry[k] = dlsym(h->lib, emit_entry_name(a, "m", h->p->entries.at[k]->entry));
        if (!h->entry[k]) bug("the compiled model has no entry %s", h->p->entries.at[k]->entry->name);
    }
    void *reset = h->p->states.n ? dlsym(h->lib, "m_reset") : NULL;
    memcpy(&h->reset, &reset, sizeof reset);
    void *begin = dlsym(h->lib, "probe_begin");
    memcpy(&h->begin, &begin, sizeof begin);
    return 1;
}

/* A second source file beside the program, which is compiled with hooks and these flags. */
typedef struct More { const char *flags, *text; size_t size; } More;

static int build(Host *h, const char *dir, const More *more)
{
    Arena *a = h->ctx->perm;
    EmitOptions eo = {.prefix = "m", .header_name = "m.h", .banner = "host"};
    eo.threads = h->ctx->threads;
    if (h->ctx->target) eo.targets = (TargetList){{h->ctx->target}, 1};
    FileSet to = {arena_printf(a, "%s/m.c", dir), arena_printf(a, "%s/m.h", dir), NULL, NULL};
    if (h->p->weight_bytes > 1 << 16) {
        to.bin = eo.image_name = arena_printf(a, "%s/m.bin", dir);
        eo.weights = WEIGHTS_incbin;
    }
    eo.trace = more != NULL;
    files_write(h->ctx, h->p, &eo, &to);
    if (more) file_save(&h->ctx->diag, arena_printf(a, "%s/more.c", dir), more->text, more->size);
    return !h->ctx->diag.errors && compile(h->ctx, dir, more ? more->flags : "") && load(h, dir);
}

static Host *host_new(Ctx *ctx, const Plan *p, const More *more)
{
    const char *base = getenv("TMPDIR");
    if (p->module->externs.n) {
        spoken(ctx, "the model calls a function of the host program, which is not here", p->module->externs.at[0]->name);
        return NULL;
    }
    char *dir = arena_printf(ctx->perm, "%s/tfxcXXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(dir)) {
        spoken(ctx, arena_printf(ctx->perm, "cannot make a folder %s", dir), strerror(errno));
        return NULL;
    }
    Host *h = NEW(ctx->perm, Host);
    h->ctx = ctx;
    h->p = p;
    jmp_buf env, *outer = ctx->diag.fatal;            /* a full disk must not leave the folder behind */
    ctx->diag.fatal = &env;
    int ok = setjmp(env) ? 0 : build(h, dir, more);
    ctx->diag.fatal = outer;
    clean(ctx->perm, dir);
    if (!ok) return NULL;
    h->work = arena_alloc(ctx->perm, (size_t)p->work_bytes + WORK_LEAST + ALIGN);
    h->work += ALIGN - (uintptr_t)h->work % ALIGN;
    h->state = arena_alloc(ctx->perm, (size_t)emit_state_offset(p, p->states.n) + 8);
    host_reset(h);
    return h;
}

Host *host_build(Ctx *ctx, const Plan *p) { return host_new(ctx, p, NULL); }

Host *host_build_hooked(Ctx *ctx, const Plan *p, const char *flags, const char *text, size_t size)
{
    More more = {flags, text, size};
    return host_new(ctx, p, &more);
}

void *host_symbol(const Host *h, const char *name)
{
    void *s = dlsym(h->lib, name);
    if (!s) bug("the compiled model has no %s", name);
    return s;
}

double host_seconds(const Host *h) { return h->seconds; }

void host_reset(Host *h) { if (h->reset) h->reset(h->state); }

void host_close(Host *h) { dlclose(h->lib); }

typedef struct Call { ffi_type *type[MAX_ARGS]; void *value[MAX_ARGS]; void *pointer[MAX_ARGS]; int32_t number[MAX_ARGS]; int n; } Call;

static void add_pointer(Call *c, void *p)
{
    c->pointer[c->n] = p;
    c->value[c->n] = &c->pointer[c->n];
    c->type[c->n++] = &ffi_type_pointer;
}

static ffi_type *type_of(DType t)
{
    switch (t) {
    case DT_f32: return &ffi_type_float;
    case DT_f64: return &ffi_type_double;
    case DT_i64: return &ffi_type_sint64;
    case DT_i32: return &ffi_type_sint32;
    case DT_i16: return &ffi_type_sint16;
    case DT_i8: return &ffi_type_sint8;
    default: return dtype_info[t].bits == 16 ? &ffi_type_uint16 : dtype_info[t].bits == 32 ? &ffi_type_uint32 : &ffi_type_uint8;
    }
}

static size_t value_bytes(const Value *v)
{
    int bits = v->dtype == DT_bool ? 8 : dtype_info[v->dtype].bits;
    return (size_t)value_count(v) * (size_t)(bits < 8 ? 8 : bits) / 8;
}

static void add_input(Arena *a, Call *c, const Value *v)
{
    unsigned char *bytes = arena_alloc(a, value_bytes(v) + GUARD);
    value_store(v, bytes);
    if (v->rank) { add_pointer(c, bytes); return; }
    c->value[c->n] = bytes;
    c->type[c->n++] = type_of(v->dtype);
}

static int guards_whole(const unsigned char *p, size_t n)
{
    for (size_t k = 0; k < GUARD; k++)
        if (p[k] != GUARD_BYTE || p[GUARD + n + k] != GUARD_BYTE) return 0;
    return 1;
}

/* A parallel_for as strange as one may be: the last part first, in the calling thread. */
static void backwards(void *user, void (*task)(void *arg, int32_t part), void *arg, int32_t parts)
{
    (void)user;
    for (int32_t part = parts; part-- > 0;) task(arg, part);
}

struct Threads { void (*parallel_for)(void *user, void (*task)(void *arg, int32_t part), void *arg, int32_t parts); void *user; };

static int call(Host *h, Arena *a, int entry, const int64_t *dims, const Value *in, Value *out)
{
    const Entry *e = h->p->entries.at[entry]->entry;
    Call *c = NEW(a, Call);
    unsigned char *room[MAX_ARGS];
    ffi_cif cif;
    ffi_arg status = 0;
    if (3 + e->dims.n + e->inputs.n + e->outputs.n > MAX_ARGS) return spoken(h->ctx, "too many arguments", e->name), -1;
    add_pointer(c, h->work);
    if (h->p->states.n) add_pointer(c, h->state);
    struct Threads threads = {backwards, NULL};
    if (h->ctx->threads) add_pointer(c, &threads);
    for (int k = 0; k < e->dims.n; k++) {
        c->number[c->n] = (int32_t)dims[k];
        c->value[c->n] = &c->number[c->n];
        c->type[c->n++] = &ffi_type_sint32;
    }
    for (int k = 0; k < e->inputs.n; k++) add_input(a, c, &in[k]);
    for (int k = 0; k < e->outputs.n; k++) {
        size_t n = value_bytes(&out[k]);
        room[k] = arena_alloc(a, n + 2 * GUARD);
        memset(room[k], GUARD_BYTE, n + 2 * GUARD);
        add_pointer(c, room[k] + GUARD);
    }
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, (unsigned)c->n, &ffi_type_sint32, c->type) != FFI_OK) bug("libffi refuses the call of %s", e->name);
    struct timespec begin, end;
    if (h->begin) h->begin();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ffi_call(&cif, FFI_FN(h->entry[entry]), &status, c->value);
    clock_gettime(CLOCK_MONOTONIC, &end);
    h->seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    for (int k = 0; k < e->outputs.n; k++) {
        if (!guards_whole(room[k], value_bytes(&out[k]))) return spoken(h->ctx, "the compiled model wrote outside of an output", e->outputs.at[k].name), -1;
        value_fetch(&out[k], room[k] + GUARD);
    }
    return (int)status;
}

int host_call(Host *h, int entry, const int64_t *dims, const Value *in, Value *out)
{
    Arena *a = arena_new();
    int status = call(h, a, entry, dims, in, out);
    arena_free(a);
    return status;
}

/* The layout of a state is the plan's. */
void host_state(const Host *h, int k, Value *to)
{
    const Buffer *b = h->p->states.at[k];
    const unsigned char *from = h->state + emit_state_offset(h->p, k);
    size_t size = value_bytes(to), one = value_count(to) ? size / (size_t)value_count(to) : 0;
    unsigned char *plain = arena_alloc(h->ctx->perm, size + 1);
    int64_t at[MAX_RANK] = {0};
    for (int64_t i = 0; i < value_count(to); i++) {
        memcpy(plain + (size_t)i * one, from + (size_t)buffer_place(b, at) * one, one);
        for (int j = b->rank - 1; j >= 0 && ++at[j] == to->shape[j]; j--) at[j] = 0;
    }
    value_fetch(to, plain);
}
#else
Host *host_build(Ctx *ctx, const Plan *p)
{
    (void)ctx, (void)p;
    fprintf(stderr, "tfxc: built without libffi: compiled models cannot be called (run: --interpret)\n");
    return NULL;
}
Host *host_build_hooked(Ctx *ctx, const Plan *p, const char *flags, const char *text, size_t size) { (void)flags, (void)text, (void)size; return host_build(ctx, p); }
void *host_symbol(const Host *h, const char *name) { (void)h, (void)name; return NULL; }
double host_seconds(const Host *h) { (void)h; return 0; }
void host_reset(Host *h) { (void)h; }
void host_close(Host *h) { (void)h; }
int  host_call(Host *h, int entry, const int64_t *dims, const Value *in, Value *out) { (void)h, (void)entry, (void)dims, (void)in, (void)out; return -1; }
void host_state(const Host *h, int k, Value *to) { (void)h, (void)k, (void)to; }
#endif

const char *status_text(int status)
{
    static const char *const names[] = {"OK", "EARG: null pointer or size out of bounds", "ERANGE: an input value is out of range", "EFULL: the state has no room", "EBLOB: wrong weights"};
    return status >= 0 && status < 5 ? names[status] : "no status";
}
