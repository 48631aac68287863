/* roofline.c - measured steps against what the machine can do, as text, JSON and one HTML page with a plot. Takes the cost and the
 * time of each step and the two limits, gives text. The least time of a step is that of its multiply-adds at the
 * peak, or of its bytes at the speed of memory, whichever is longer (Williams, Waterman, Patterson: Roofline, 2009): weights come from
 * where all of the model's memory is, the rest from the nearest cache. */
#include <math.h>
#include "compiler/emit/emit.h"

/* Multiply-adds; other code is measured by its bytes. */
static double flops(const Cost *c) { return 2 * c->macs; }

static double compute_time(const Roofline *r, const RoofStep *s) { return flops(&s->cost) / r->peak; }
static double memory_time(const Roofline *r, const RoofStep *s) { return s->cost.constant / r->bandwidth + (s->cost.bytes - s->cost.constant) / r->near; }

/* Of the least time that the step can take, by one limit or the other. */
static double percent(const Roofline *r, const RoofStep *s)
{
    double compute = compute_time(r, s), memory = memory_time(r, s);
    return s->seconds > 0 ? 100 * (compute > memory ? compute : memory) / s->seconds : 0;
}

/* Above what is possible: the step did less than its bounds allow, as with few positions in a cache. */
static int is_part(const Roofline *r, const RoofStep *s) { return percent(r, s) > 150; }

static const char *percent_text(Arena *a, const Roofline *r, const RoofStep *s) { return is_part(r, s) ? "-" : arena_printf(a, "%.0f%%", percent(r, s)); }

static const char *binds(const Roofline *r, const RoofStep *s)
{
    if (is_part(r, s)) return "less work than its bound";
    if (percent(r, s) < 25) return "overhead";
    return compute_time(r, s) >= memory_time(r, s) ? "compute" : "memory";
}

static const char *duration(Arena *a, double s)
{
    return s >= 1 ? arena_printf(a, "%.3f s", s) : s >= 1e-3 ? arena_printf(a, "%.3f ms", s * 1e3) : arena_printf(a, "%.2f us", s * 1e6);
}

static Cost sum_of(const Roofline *r)
{
    Cost c = {0, 0, 0, 0};
    for (int k = 0; k < r->n; k++) { c.macs += r->step[k].cost.macs; c.ops += r->step[k].cost.ops; c.bytes += r->step[k].cost.bytes; }
    return c;
}

static double shares(const Roofline *r)
{
    double sum = 0;
    for (int k = 0; k < r->n; k++) sum += r->step[k].seconds;
    return sum > 0 ? sum : 1;
}

void roofline_text(const Roofline *r, Out *o)
{
    Arena *a = o->arena;
    Cost all = sum_of(r);
    out_f(o, "%s: %s a call, best of %d; %s multiply-adds\n", r->title, duration(a, r->seconds), r->calls, grouped(a, all.macs));
    out_f(o, "limits: %.1f GFLOP/s (multiply-adds in registers), %.1f GB/s (reading %s B over and over), %.1f GB/s (the nearest cache)\n", r->peak / 1e9, r->bandwidth / 1e9, grouped(a, r->bytes), r->near / 1e9);
    out_f(o, "all multiply-adds at the peak: %.0f%% of the time\n\n", 100 * 2 * all.macs / r->peak / r->seconds);
    out_f(o, "%-40s %14s %12s %10s %7s %9s %9s  %s\n", "step", "multiply-adds", "bytes", "time", "share", "GFLOP/s", "of limit", "bound by");
    for (int k = 0; k < r->n; k++) {
        const RoofStep *s = &r->step[k];
        out_f(o, "%-40.40s %14s %12s %10s %6.1f%% %9.1f %9s  %s\n", s->name, grouped(a, s->cost.macs), grouped(a, s->cost.bytes), duration(a, s->seconds),
              100 * s->seconds / shares(r), s->seconds > 0 ? flops(&s->cost) / s->seconds / 1e9 : 0, percent_text(a, r, s), binds(r, s));
    }
}

static void quoted(Out *o, const char *text)
{
    out_s(o, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') out_f(o, "\\%c", *text);
        else if ((unsigned char)*text < 32) out_f(o, "\\u%04x", *text);
        else out_n(o, text, 1);
    }
    out_s(o, "\"");
}

void roofline_json(const Roofline *r, Out *o)
{
    out_f(o, "{\n  \"entry\": ");
    quoted(o, r->title);
    out_f(o, ", \"seconds\": %.9g, \"calls\": %d, \"peak_flops\": %.6g, \"bandwidth\": %.6g, \"bandwidth_bytes\": %.0f, \"near_bandwidth\": %.6g,\n  \"steps\": [", r->seconds, r->calls, r->peak, r->bandwidth, r->bytes, r->near);
    for (int k = 0; k < r->n; k++) {
        const RoofStep *s = &r->step[k];
        out_f(o, "%s\n    {\"id\": %u, \"name\": ", k ? "," : "", s->id);
        quoted(o, s->name);
        out_f(o, ", \"macs\": %.0f, \"ops\": %.0f, \"bytes\": %.0f, \"weight_bytes\": %.0f, \"seconds\": %.6g, \"share\": %.6f, \"of_limit\": %.4f, \"bound_by\": \"%s\"}", s->cost.macs, s->cost.ops, s->cost.bytes, s->cost.constant, s->seconds,
              s->seconds / shares(r), percent(r, s) / 100, binds(r, s));
    }
    out_f(o, "\n  ]\n}\n");
}

/* ---- html ---- */
static void escaped(Out *o, const char *text)
{
    for (; *text; text++)
        if (*text == '<') out_s(o, "&lt;");
        else if (*text == '&') out_s(o, "&amp;");
        else if (*text == '"') out_s(o, "&quot;");
        else out_n(o, text, 1);
}

enum { WIDE = 760, HIGH = 380, MARGIN = 60 };
static double clamp(double v, double lo, double hi) { return v < lo ? lo : v > hi ? hi : v; }
/* FLOP a byte from 1/64 to 4096, FLOP/s three powers of ten below the peak, on logarithmic axes. */
static double plot_x(double intensity) { return MARGIN + (clamp(log2(intensity), -6, 12) + 6) / 18 * (WIDE - 2 * MARGIN); }
static double plot_y(const Roofline *r, double rate) { return HIGH - MARGIN - (clamp(log10(rate / r->peak), -3.2, 0.1) + 3.2) / 3.3 * (HIGH - 2 * MARGIN); }

static void plot(const Roofline *r, Out *o)
{
    double ridge = r->peak / r->bandwidth, left = pow(2, -6);
    out_f(o, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"roofline\">\n", WIDE, HIGH);
    out_f(o, "<polyline fill=\"none\" stroke=\"#345\" stroke-width=\"2\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n", plot_x(left), plot_y(r, left * r->bandwidth), plot_x(ridge), plot_y(r, r->peak), plot_x(4096), plot_y(r, r->peak));
    out_f(o, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.0f GFLOP/s</text>\n", plot_x(4096), plot_y(r, r->peak) - 6, r->peak / 1e9);
    out_f(o, "<text x=\"%d\" y=\"%d\">FLOP a byte</text>\n", WIDE / 2 - 30, HIGH - 16);
    for (int k = -4; k <= 12; k += 4) out_f(o, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s%.0f</text>\n", plot_x(pow(2, k)), HIGH - 36, k < 0 ? "1/" : "", k < 0 ? pow(2, -k) : pow(2, k));
    for (int k = 0; k < r->n; k++) {
        const RoofStep *s = &r->step[k];
        if (s->seconds <= 0 || flops(&s->cost) <= 0 || s->cost.bytes <= 0) continue;
        out_f(o, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#c52\" fill-opacity=\"0.5\"><title>", plot_x(flops(&s->cost) / s->cost.bytes), plot_y(r, flops(&s->cost) / s->seconds), 3 + 30 * sqrt(s->seconds / shares(r)));
        escaped(o, s->name);
        out_f(o, ": %.1f GFLOP/s, %.1f%% of the time</title></circle>\n", flops(&s->cost) / s->seconds / 1e9, 100 * s->seconds / shares(r));
    }
    out_f(o, "</svg>\n");
}

void roofline_html(const Roofline *r, Out *o)
{
    Arena *a = o->arena;
    out_f(o, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    escaped(o, r->title);
    out_f(o, "</title>\n<style>body{font:14px sans-serif;max-width:60em;margin:2em auto}table{border-collapse:collapse}td,th{padding:2px 8px;text-align:right}td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f3f3f3}</style></head>\n<body>\n<h1>");
    escaped(o, r->title);
    out_f(o, "</h1>\n<p>%s a call, best of %d. Limits of this machine in the same run: %.1f GFLOP/s, %.1f GB/s from where the weights are, %.1f GB/s from the nearest cache. Areas are shares of the time.</p>\n", duration(a, r->seconds), r->calls, r->peak / 1e9, r->bandwidth / 1e9, r->near / 1e9);
    plot(r, o);
    out_f(o, "<table><tr><th>step</th><th>multiply-adds</th><th>bytes</th><th>time</th><th>share</th><th>of limit</th><th>bound by</th></tr>\n");
    for (int k = 0; k < r->n; k++) {
        const RoofStep *s = &r->step[k];
        out_f(o, "<tr><td>");
        escaped(o, s->name);
        out_f(o, "</td><td>%s</td><td>%s</td><td>%s</td><td>%.1f%%</td><td>%s</td><td>%s</td></tr>\n", grouped(a, s->cost.macs), grouped(a, s->cost.bytes), duration(a, s->seconds), 100 * s->seconds / shares(r), percent_text(a, r, s), binds(r, s));
    }
    out_f(o, "</table>\n</body></html>\n");
}
