/* forms.c - the statements of run(), as patterns written in the same Python: a statement is compared with each, a word in
 * capitals in the pattern stands for any expression and is the same one wherever it recurs. Takes trees; gives what the words
 * stood for. A further form of generated programs is a line here and a case in program.c. */
#include <string.h>
#include "frontends/tprog/read.h"

/* In order of FormId. */
static const char *const form_text[FORM_COUNT] = {
    "classifier_weights = pd.read_csv(FILE, index_col=[0, 1], dtype={\"feature\": str})",
    "FRAME = classifier_weights.loc[[(FEATURE, str(v)) for v in VALUES]]",
    "FRAME = classifier_weights.loc[[(FEATURE, \"_\") for v in VALUES]].mul(VALUES, axis=0)",
    "NAME = list(range(len(tokens)))",
    "NAME = [1 for _ in range(len(tokens))]",
    "embed_df = pd.read_csv(FILE).set_index(\"word\")",
    "embeddings = embed_df.loc[tokens]",
    "NAME = [ENUM[f\"V{i:02}\"] for i in embeddings[COLUMN]]",
    "PATTERN = select_closest(KEYS, QUERIES, PREDICATE)",
    "PATTERN = select(KEYS, QUERIES, PREDICATE)",
    "NAME = aggregate(PATTERN, VALUES)",
    "NAME = aggregate_sum(PATTERN, VALUES)",
    "NAME = [FUNCTION(k0) for k0 in A]",
    "NAME = [FUNCTION(k0, k1) for k0, k1 in zip(A, B)]",
    "feature_logits = pd.concat([df.reset_index() for df in FRAMES])",
    "logits = feature_logits.groupby(level=0).sum(numeric_only=True).to_numpy()",
    "classes = classifier_weights.columns.to_numpy()",
    "token_predictions = classes[logits.argmax(-1)]",
    "predictions = classes[logits.argmax(-1)]",
    "pooled = logits.mean(0)",
    "prediction = classes[pooled.argmax(-1)]",
    "if tokens[0] == WORD: predictions[0] = WORD",
    "if tokens[-1] == WORD: predictions[-1] = WORD",
    "if return_details: return prediction, logits, feature_logits, token_predictions",
    "return predictions.tolist()",
    "return prediction",
};

void forms_init(Forms *f, Ctx *ctx)
{
    const char *all = "";
    for (int k = 0; k < FORM_COUNT; k++) all = arena_printf(ctx->perm, "%s%s\n", all, form_text[k]);
    Py *p = py_parse(ctx, source_add(&ctx->sources, "<forms>", all, strlen(all), 0));
    if (!p || p->n != FORM_COUNT) bug("a form of Transformer Programs is no statement");
    for (int k = 0; k < FORM_COUNT; k++) { f->of[k] = p->kid[k]; f->text[k] = form_text[k]; }
}

static int is_hole(const Py *p)
{
    if (p->kind != PY_name) return 0;
    for (const char *s = p->text; *s; s++) if (*s < 'A' || *s > 'Z') return 0;
    return 1;
}

static int same_text(const char *a, const char *b) { return a == b || (a && b && !strcmp(a, b)); }

static int same(const Py *a, const Py *b)
{
    if (a->kind != b->kind || a->n != b->n || a->num != b->num || !same_text(a->text, b->text)) return 0;
    for (int k = 0; k < a->n; k++) if (!same(a->kid[k], b->kid[k])) return 0;
    return 1;
}

const Py *hole(const Holes *h, const char *name)
{
    for (int k = 0; k < h->n; k++) if (!strcmp(h->hole[k].name, name)) return h->hole[k].at;
    bug("a form has no %s", name);
}

static int fits(const Py *form, const Py *e, Holes *h)
{
    if (is_hole(form)) {
        for (int k = 0; k < h->n; k++) if (!strcmp(h->hole[k].name, form->text)) return same(h->hole[k].at, e);
        if (h->n == 8) bug("a form has more than 8 words in capitals");
        h->hole[h->n++] = (Hole){form->text, e};
        return 1;
    }
    if (form->kind != e->kind || form->n != e->n || form->num != e->num || !same_text(form->text, e->text)) return 0;
    for (int k = 0; k < form->n; k++) if (!fits(form->kid[k], e->kid[k], h)) return 0;
    return 1;
}

FormId forms_find(const Forms *f, const Py *statement, Holes *holes)
{
    for (int k = 0; k < FORM_COUNT; k++) {
        *holes = (Holes){0};
        if (fits(f->of[k], statement, holes)) return (FormId)k;
    }
    return FORM_COUNT;
}

/* Names that stand in both; what a form demands besides its holes. */
static int common(const Py *form, const Py *e)
{
    int n = 0;
    if (form->kind == e->kind && form->text && !is_hole(form) && same_text(form->text, e->text)) n++;
    for (int k = 0; k < form->n && k < e->n; k++) n += common(form->kid[k], e->kid[k]);
    return n;
}

const char *forms_nearest(const Forms *f, const Py *statement)
{
    int best = -1, most = 0;
    for (int k = 0; k < FORM_COUNT; k++) {
        int n = f->of[k]->kind == statement->kind ? common(f->of[k], statement) : 0;
        if (n > most) { most = n; best = k; }
    }
    return best < 0 ? NULL : f->text[best];
}
