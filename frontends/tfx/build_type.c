/* build_type.c - written types: shapes evaluated, and matched against values, which binds the sizes they name.
 * A name in a formal's shape that is known already (config, dim, size bound before) is a constraint; a new one is
 * bound to the actual size for the length of the call. */
#include <string.h>
#include "frontends/tfx/build.h"

DType type_dtype(const char *name, int *known)
{
    *known = 1;
    if (!strcmp(name, "num")) return DT_f32;
    int t = dtype_by_name(name);
    if (t < 0) *known = 0;
    return t < 0 ? DT_f32 : (DType)t;
}

static int known_dtype(Build *b, const Ast *type, DType *t)
{
    int known;
    *t = type_dtype(type->name, &known);
    if (!known) tfx_error(b, type->span, "unknown-name", "there is no type '%s'; the types are num f32 f16 bf16 f64 i32 i16 i8 u8 i64 bool", type->name);
    return known;
}

static int one_size(Build *b, const Ast *d, Expr **out)
{
    Val v = tfx_number(b, d, "a size");
    int64_t i;
    if (v.kind == VAL_bad) return 0;
    if (v.e->dtype != DT_i32) return tfx_error(b, d->span, "type-mismatch", "a size must be an integer, this is %s", val_text(b, &v)), 0;
    if (ex_slots(v.e)) return tfx_error(b, d->span, "ragged-size", "a size may not depend on an index"), 0;
    if (ex_is_int(v.e, &i) && i < 0) return tfx_error(b, d->span, "bad-size", "a size of %lld", (long long)i), 0;
    *out = v.e;
    return 1;
}

int type_shape(Build *b, const Ast *type, Expr **ext, int *rank, DType *t)
{
    *rank = 0;
    if (!known_dtype(b, type, t)) return 0;
    for (int i = 0; i < type->n; i++) {
        const Ast *d = type->kid[i];
        Binding *p = d->kind == AST_packdim ? scope_find(b, d->name) : NULL;
        int n = d->kind == AST_packdim ? (p && p->kind == BIND_val && p->val.kind == VAL_pack ? p->val.n : -1) : 1;
        if (n < 0) return tfx_error(b, d->span, "pack-use", "'*%s' is not a pack of sizes here", d->name), 0;
        if (*rank + n > MAX_RANK) return tfx_error(b, type->span, "too-many-dims", "more than %d dimensions", MAX_RANK), 0;
        for (int k = 0; k < n; k++) {
            if (p) ext[*rank] = p->val.item[k].e;
            else if (!one_size(b, d, &ext[*rank])) return 0;
            ++*rank;
        }
    }
    return 1;
}

/* ---- matching ---- */

typedef struct Match { Build *b; const Ast *type; const Val *v; Scope *into; Span at; const char *who; } Match;

static int mismatch(Match *m, const Ast *d, const Expr *want, const Expr *have)
{
    Build *b = m->b;
    tfx_error(b, m->at, "shape-mismatch", "%s: this is %s, whose size %s should be %s", m->who, val_text(b, m->v), ext_text(b, have), ext_text(b, want));
    diag_note(&b->ctx->diag, d->span, "declared here as %s", ext_text(b, want));
    return 0;
}

static int bind_size(Match *m, const char *name, Expr *have, Span at)
{
    Binding *n = scope_add(m->b, m->into, BIND_val, name, at);
    n->val = (Val){.kind = VAL_num, .span = at, .e = have};
    n->is_dim = 1;
    return 1;
}

static int match_dim(Match *m, const Ast *d, Expr *have, int second)
{
    Build *b = m->b;
    if (d->kind == AST_ident) {
        Binding *f = scope_find(b, d->name);
        if (second) return 1;
        if (!f) return bind_size(m, d->name, have, d->span);
        if (f->kind != BIND_val) return tfx_error(b, d->span, "type-mismatch", "'%s' is not a size", d->name), 0;
        Val v = f->val;
        if (v.kind != VAL_num || v.rank || v.e->dtype != DT_i32) return tfx_error(b, d->span, "type-mismatch", "'%s' is not a size, it is %s", d->name, val_text(b, &v)), 0;
        return ext_same(b, v.e, have) ? 1 : mismatch(m, d, v.e, have);
    }
    if (!second) return 1;
    Expr *want;
    if (!one_size(b, d, &want)) return 0;
    return ext_same(b, want, have) ? 1 : mismatch(m, d, want, have);
}

static int bind_pack_dims(Match *m, const Ast *d, int at, int n)
{
    Build *b = m->b;
    Binding *f = scope_find(b, d->name);
    if (f) {
        if (f->kind != BIND_val || f->val.kind != VAL_pack || f->val.n != n) return tfx_error(b, m->at, "rank-mismatch", "%s: this is %s, but *%s stands for another number of sizes", m->who, val_text(b, m->v), d->name), 0;
        for (int i = 0; i < n; i++)
            if (!ext_same(b, f->val.item[i].e, m->v->ext[at + i])) return mismatch(m, d, f->val.item[i].e, m->v->ext[at + i]);
        return 1;
    }
    Binding *p = scope_add(b, m->into, BIND_val, d->name, d->span);
    p->val = (Val){.kind = VAL_pack, .span = d->span, .n = n, .item = NEWN(b->a, Val, n + 1)};
    for (int i = 0; i < n; i++) p->val.item[i] = (Val){.kind = VAL_num, .span = d->span, .e = m->v->ext[at + i]};
    return 1;
}

/* Matches v against the type with names looked up in b->scope; new sizes go to `into`. Class: a float is wanted and
 * an integer comes: the caller converts. */
int match_type(Build *b, const Ast *type, const Val *v, Scope *into, Span at, const char *who)
{
    Match m = {b, type, v, into, at, who};
    DType t;
    int packs = 0, npack = 0;
    if (!known_dtype(b, type, &t)) return 0;
    TypeClass want = dtype_class(t), have = val_class(v);
    if (!class_widens(have, want)) {
        tfx_error(b, at, "type-mismatch", "%s wants %s, this is %s", who, type->name, val_text(b, v));
        diag_note(&b->ctx->diag, type->span, "declared here");
        return 0;
    }
    for (int i = 0; i < type->n; i++) packs += type->kid[i]->kind == AST_packdim;
    npack = v->rank - (type->n - packs);
    if (packs > 1) return tfx_error(b, type->span, "pack-use", "one pack of sizes in a type"), 0;
    if (packs ? npack < 0 : npack != 0) {
        tfx_error(b, at, "rank-mismatch", "%s wants %d%s dimension%s, this is %s", who, type->n - packs, packs ? " or more" : "", type->n - packs == 1 ? "" : "s", val_text(b, v));
        diag_note(&b->ctx->diag, type->span, "declared here");
        return 0;
    }
    for (int second = 0; second < 2; second++)
        for (int i = 0, k = 0; i < type->n; i++) {
            const Ast *d = type->kid[i];
            if (d->kind == AST_packdim) {
                if (!second && !bind_pack_dims(&m, d, k, npack)) return 0;
                k += npack;
            } else if (!match_dim(&m, d, v->ext[k++], second)) return 0;
        }
    return 1;
}
